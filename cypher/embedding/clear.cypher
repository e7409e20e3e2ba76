// Remove the vectors and the recent likes from all movies; runs in the transaction that writes the new ones.
// Parameters: none.
// Returns: movies INTEGER.

MATCH (m:Movie)
WHERE m.embedding IS NOT NULL OR m.profileEmbedding IS NOT NULL OR m.encoderEmbedding IS NOT NULL
  OR m.unorderedProfileEmbedding IS NOT NULL OR m.unorderedEncoderEmbedding IS NOT NULL OR m.recentLikeCount IS NOT NULL
// begin _shared/vector_properties.cypher
REMOVE
  m.embedding,
  m.profileEmbedding,
  m.contextEmbedding,
  m.contextNorm,
  m.likeBias,
  m.logitVector,
  m.encoderEmbedding,
  m.encoderNorm,
  m.encoderBias,
  m.encoderLogitVector,
  m.unorderedProfileEmbedding,
  m.unorderedContextEmbedding,
  m.unorderedContextNorm,
  m.unorderedLikeBias,
  m.unorderedLogitVector,
  m.unorderedEncoderEmbedding,
  m.unorderedEncoderNorm,
  m.unorderedEncoderBias,
  m.unorderedEncoderLogitVector,
  m.recentLikeCount
// end _shared/vector_properties.cypher
RETURN count(m) AS movies;
