// The vectors of some movies that the user encoder knows, and that somebody likes.
// Parameters: movieIds LIST<INTEGER | STRING>; sequential BOOLEAN, false: of the encoder without the order of likes.
// Returns: movieId INTEGER | STRING; encoderEmbedding LIST<FLOAT>.
:param movieIds => [1, 260];
:param sequential => true;

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
WHERE m.likeIndex >= 0 AND m.likeCount > 0
WITH
  m.movieId AS movieId,
  CASE WHEN $sequential THEN m.encoderEmbedding ELSE m.unorderedEncoderEmbedding END AS encoderEmbedding
WHERE encoderEmbedding IS NOT NULL
RETURN movieId, encoderEmbedding
ORDER BY movieId;
