// Write one batch of vectors for recommendations to their movies; position i of the lists belongs together.
// The vectors are profileEmbedding, what a like adds to a profile, contextEmbedding, what a profile is compared with, and
// logitVector, by which the index movie_logit finds the largest logits; the numbers contextNorm, the L2 norm of
// contextEmbedding, and likeBias. Or they are encoderEmbedding, encoderLogitVector, encoderNorm and encoderBias, likewise
// of a user encoder. All with "unordered" before them are for answers without the order of likes.
// Parameters: movieIds LIST<INTEGER | STRING>; vectors LIST<MAP>, properties to set, as 32-bit floats; numbers
//   LIST<MAP>, properties to set.
// Returns: movies INTEGER.
:param movieIds => [1];
:param vectors => [{encoderEmbedding: [0.1, 0.2]}];
:param numbers => [{encoderNorm: 0.2236, encoderBias: 0.5}];

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m += $numbers[i]
WITH m, $vectors[i] AS vectors
UNWIND keys(vectors) AS name
// SET would store 64 bits for each number, which take longer to read.
CALL db.create.setNodeVectorProperty(m, name, vectors[name])
RETURN count(DISTINCT m) AS movies;
