// Write one batch of vectors for recommendations to their movies; position i of both lists belongs together.
// Parameters: movieIds LIST<INTEGER | STRING>; vectors LIST<MAP>, properties to set. These are profileEmbedding
//   LIST<FLOAT>, what a like adds to a profile, contextEmbedding LIST<FLOAT>, what a profile is compared with,
//   contextNorm FLOAT, its L2 norm, likeBias FLOAT, and logitVector LIST<FLOAT>, by which the index movie_logit finds the
//   largest logits. Or they are encoderEmbedding, encoderNorm, encoderBias and encoderLogitVector, likewise of a user
//   encoder. All with "unordered" before them are for answers without the order of likes.
// Returns: movies INTEGER.
:param movieIds => [1];
:param vectors => [{encoderEmbedding: [0.1, 0.2], encoderNorm: 0.2236, encoderBias: 0.5}];

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m += $vectors[i]
RETURN count(m) AS movies;
