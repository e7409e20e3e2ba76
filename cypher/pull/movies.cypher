// Every movie with the properties that loading gives it.
// Parameters: none.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, imdbId STRING, tmdbId INTEGER.

MATCH (m:Movie)
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.imdbId AS imdbId,
  m.tmdbId AS tmdbId
ORDER BY movieId;
