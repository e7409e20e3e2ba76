// The vectors of some movies.
// Parameters: movieIds LIST<INTEGER | STRING>; sequential BOOLEAN, false: those for answers without the order of likes.
// Returns: movieId INTEGER | STRING; embedding, profileEmbedding, contextEmbedding, encoderEmbedding LIST<FLOAT>
//   or null; likeCount INTEGER or null.
:param movieIds => [1, 260];
:param sequential => true;

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
RETURN
  m.movieId AS movieId,
  m.embedding AS embedding,
  CASE WHEN $sequential THEN m.profileEmbedding ELSE m.unorderedProfileEmbedding END AS profileEmbedding,
  CASE WHEN $sequential THEN m.contextEmbedding ELSE m.unorderedContextEmbedding END AS contextEmbedding,
  CASE WHEN $sequential THEN m.encoderEmbedding ELSE m.unorderedEncoderEmbedding END AS encoderEmbedding,
  m.likeCount AS likeCount
ORDER BY movieId;
