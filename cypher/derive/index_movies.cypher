// Set likeIndex on liked movies: consecutive integers, not a Neo4j index. Each user's likes are a list of them
// (likedIndexes), so that counting pairs needs no second hop.
// Parameters: movieIds LIST<INTEGER | STRING>; firstIndex INTEGER, likeIndex of the first of them.
// Returns: movies INTEGER, how many.
:param movieIds => [1, 2];
:param firstIndex => 0;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m.likeIndex = $firstIndex + i
RETURN count(*) AS movies;
