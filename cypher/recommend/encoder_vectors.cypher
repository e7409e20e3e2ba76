// The vectors of some movies that the user encoder knows, and that somebody likes.
// Parameters: movieIds LIST<INTEGER | STRING>.
// Returns: movieId INTEGER | STRING; encoderEmbedding LIST<FLOAT>.
:param movieIds => [1, 260];

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
WHERE m.likeIndex >= 0 AND m.likeCount > 0 AND m.encoderEmbedding IS NOT NULL
RETURN m.movieId AS movieId, m.encoderEmbedding AS encoderEmbedding
ORDER BY movieId;
