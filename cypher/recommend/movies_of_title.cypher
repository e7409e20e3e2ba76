// The movies that have exactly this title.
// Parameters: title STRING.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER; hasVector BOOLEAN.
:param title => 'Matrix, The (1999)';

MATCH (m:Movie {title: $title})
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector
ORDER BY movieId;
