// Create or update one batch of movies; position i of every list belongs to the same movie.
// Parameters: movieIds LIST<INTEGER>; titles LIST<STRING>; years LIST<INTEGER>; genres LIST<LIST<STRING>>;
//   imdbIds LIST<STRING>; tmdbIds LIST<INTEGER>.
// Returns: movies INTEGER.
:param movieIds => [1];
:param titles => ["Toy Story (1995)"];
:param years => [1995];
:param genres => [["Animation", "Comedy"]];
:param imdbIds => ["0114709"];
:param tmdbIds => [862];

UNWIND range(0, size($movieIds) - 1) AS i
MERGE (m:Movie {movieId: $movieIds[i]})
SET
  m.title = $titles[i],
  m.year = $years[i],
  m.genres = $genres[i],
  m.imdbId = $imdbIds[i],
  m.tmdbId = $tmdbIds[i]
RETURN count(m) AS movies;
