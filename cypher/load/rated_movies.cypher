// Create the movies of one batch of ratings that are not there yet, for sources without a table of movies.
// Parameters: movieIds LIST<INTEGER | STRING>, without repetitions; loadId INTEGER.
// Returns: nothing.
:param movieIds => [1];
:param loadId => 1;

UNWIND $movieIds AS movieId
MERGE (m:Movie {movieId: movieId})
  ON CREATE SET m.title = toString(movieId), m.genres = [], m.loadId = $loadId;
