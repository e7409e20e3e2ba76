// One movie by its id.
// Parameters: movieId INTEGER | STRING.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER; hasVector BOOLEAN.
:param movieId => 1;

MATCH (m:Movie {movieId: $movieId})
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector
ORDER BY movieId;
