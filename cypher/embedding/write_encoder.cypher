// Write one batch of the encoder's vectors to their movies; position i of all lists belongs together.
// Parameters: movieIds LIST<INTEGER | STRING>; vectors LIST<LIST<FLOAT>>, what a user's vector is compared with; norms
//   LIST<FLOAT>, their L2 norms; biases LIST<FLOAT>; logitVectors LIST<LIST<FLOAT>> or null, by which the index
//   movie_encoder_logit finds the largest logits.
// Returns: movies INTEGER.
:param movieIds => [1];
:param vectors => [[0.1, 0.2]];
:param norms => [0.2236];
:param biases => [0.5];
:param logitVectors => null;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET
  m.encoderEmbedding = $vectors[i],
  m.encoderNorm = $norms[i],
  m.encoderBias = $biases[i],
  m.encoderLogitVector = $logitVectors[i]
RETURN count(m) AS movies;
