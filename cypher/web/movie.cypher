// What a page says of one movie.
// Parameters: movieId INTEGER | STRING.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; genres LIST<STRING>; likeCount INTEGER or null; ratings
//   INTEGER, users who rated it; meanRating FLOAT or null, stars; imdbId, tmdbId INTEGER or null.
:param movieId => 2571;

MATCH (m:Movie {movieId: $movieId})
CALL (m) {
  OPTIONAL MATCH (m)<-[r:RATED]-(:User)
  RETURN count(r) AS ratings, avg(r.rating) AS meanRating
}
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  coalesce(m.genres, []) AS genres,
  m.likeCount AS likeCount,
  ratings,
  meanRating,
  toIntegerOrNull(m.imdbId) AS imdbId,
  toIntegerOrNull(m.tmdbId) AS tmdbId
ORDER BY movieId;
