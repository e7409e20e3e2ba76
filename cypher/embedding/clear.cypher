// Take the vectors off all movies; run in the transaction that writes the new ones.
// Parameters: none.
// Returns: movies INTEGER.

MATCH (m:Movie)
WHERE m.embedding IS NOT NULL OR m.profileEmbedding IS NOT NULL
REMOVE m.embedding, m.profileEmbedding, m.contextEmbedding, m.contextLength, m.likeBias
RETURN count(m) AS movies;
