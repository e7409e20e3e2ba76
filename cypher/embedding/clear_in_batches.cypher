// Remove the vectors and the recent likes from all movies; commits by itself, in batches.
// Parameters: none.
// Returns: movies INTEGER.

MATCH (m:Movie)
CALL (m) {
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
} IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS movies;
