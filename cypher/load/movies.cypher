// Create or update one batch of movies; position i of every list belongs to the same movie.
// Parameters: movieIds LIST<INTEGER | STRING>; properties LIST<MAP>, of title, year, genres or of imdbId, tmdbId, where
//   null removes the property; loadId INTEGER.
// Returns: written INTEGER, how many are new or have changed.
:param movieIds => [1];
:param properties => [{title: 'Toy Story (1995)', year: 1995, genres: ['Animation', 'Comedy']}];
:param loadId => 1;

UNWIND range(0, size($movieIds) - 1) AS i
MERGE (m:Movie {movieId: $movieIds[i]})
  ON CREATE SET m.loadId = $loadId
// What a removed load had created belongs to the next that brings it.
  ON MATCH SET m.loadId = coalesce(m.loadId, $loadId)
WITH m, $properties[i] AS new
WITH m, new,
  any(key IN keys(new) WHERE coalesce(m[key] <> new[key], m[key] IS NOT NULL OR new[key] IS NOT NULL)) AS differs
FOREACH (_ IN CASE WHEN differs THEN [1] ELSE [] END | SET m += new)
RETURN sum(CASE WHEN differs THEN 1 ELSE 0 END) AS written;
