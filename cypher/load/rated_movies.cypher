// Create the movies of one batch of ratings that are not there yet, for sources without a table of movies.
// Parameters: movieIds LIST<INTEGER>, without repetitions; movieKeys LIST<STRING> or null; loadId INTEGER.
// Returns: clashes LIST<STRING>, movieKeys whose hash is another movie's movieId.
:param movieIds => [1];
:param movieKeys => null;
:param loadId => 1;

UNWIND range(0, size($movieIds) - 1) AS i
MERGE (m:Movie {movieId: $movieIds[i]})
  ON CREATE SET
  m.movieKey = $movieKeys[i],
  m.title = coalesce($movieKeys[i], toString($movieIds[i])),
  m.genres = [],
  m.loadId = $loadId
WITH m, $movieKeys[i] AS movieKey
RETURN collect(CASE WHEN m.movieKey <> movieKey THEN movieKey END) AS clashes;
