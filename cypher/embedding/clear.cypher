// Take the vectors off all movies; run in the transaction that writes the new ones.
// Parameters: none.
// Returns: movies INTEGER.

MATCH (m:Movie)
WHERE m.embedding IS NOT NULL
REMOVE m.embedding
RETURN count(m) AS movies;
