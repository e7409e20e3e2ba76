// The movies with an IMDb or a TMDB id. Leading zeros of IMDb ids do not count.
// Parameters: imdbId INTEGER or null; tmdbId INTEGER or null.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER; hasVector BOOLEAN.
:param imdbId => 133093;
:param tmdbId => null;

MATCH (m:Movie)
WHERE toIntegerOrNull(m.imdbId) = $imdbId OR m.tmdbId = $tmdbId
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector
ORDER BY movieId;
