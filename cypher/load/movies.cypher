// Create or update one batch of movies; position i of every list belongs to the same movie.
// Parameters: movieIds LIST<INTEGER>; movieKeys LIST<STRING> or null, the ids in the file if they are strings;
//   properties LIST<MAP>, of title, year, genres or of imdbId, tmdbId, where null removes the property; loadId INTEGER.
// Returns: written INTEGER, how many are new or have changed; clashes LIST<STRING>, movieKeys whose hash is another
//   movie's movieId.
:param movieIds => [1];
:param movieKeys => null;
:param properties => [{title: 'Toy Story (1995)', year: 1995, genres: ['Animation', 'Comedy']}];
:param loadId => 1;

UNWIND range(0, size($movieIds) - 1) AS i
MERGE (m:Movie {movieId: $movieIds[i]})
  ON CREATE SET m.movieKey = $movieKeys[i], m.loadId = $loadId
// What a removed load had created belongs to the next that brings it.
  ON MATCH SET m.loadId = coalesce(m.loadId, $loadId)
WITH m, $properties[i] AS new, $movieKeys[i] AS movieKey
WITH m, new, movieKey,
  any(key IN keys(new) WHERE coalesce(m[key] <> new[key], m[key] IS NOT NULL OR new[key] IS NOT NULL)) AS differs
FOREACH (_ IN CASE WHEN differs THEN [1] ELSE [] END | SET m += new)
RETURN
  sum(CASE WHEN differs THEN 1 ELSE 0 END) AS written,
  collect(CASE WHEN m.movieKey <> movieKey THEN movieKey END) AS clashes;
