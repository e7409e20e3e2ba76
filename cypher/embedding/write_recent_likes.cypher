// Set recentLikeCount on some movies; position i of both lists belongs to the same movie.
// Parameters: movieIds LIST<INTEGER | STRING>; likes LIST<INTEGER>.
// Returns: movies INTEGER.
:param movieIds => [1];
:param likes => [15];

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m.recentLikeCount = $likes[i]
RETURN count(m) AS movies;
