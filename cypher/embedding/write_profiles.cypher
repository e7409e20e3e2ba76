// Write one batch of profile vectors to their movies; position i of all lists belongs together.
// Parameters: movieIds LIST<INTEGER | STRING>; profiles LIST<LIST<FLOAT>>, what a like adds to a profile; contexts
//   LIST<LIST<FLOAT>>, what a profile is compared with; norms LIST<FLOAT>, L2 norms of the contexts; biases
//   LIST<FLOAT>; logitVectors LIST<LIST<FLOAT>> or null, by which the index movie_logit finds the largest logits.
// Returns: movies INTEGER.
:param movieIds => [1];
:param profiles => [[0.1, 0.2]];
:param contexts => [[0.1, 0.2]];
:param norms => [0.2236];
:param biases => [-8.0];
:param logitVectors => null;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET
  m.profileEmbedding = $profiles[i],
  m.contextEmbedding = $contexts[i],
  m.contextNorm = $norms[i],
  m.likeBias = $biases[i],
  m.logitVector = $logitVectors[i]
RETURN count(m) AS movies;
