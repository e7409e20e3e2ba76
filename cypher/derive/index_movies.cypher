// Number liked movies. Users keep what they like as a list of these numbers, and a query finds the movie of a number
// in a list: a fraction of the work of following relationships.
// Parameters: movieIds LIST<INTEGER>; firstIndex INTEGER, number of the first of them.
// Returns: movies INTEGER, how many.
:param movieIds => [1, 2];
:param firstIndex => 0;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m.likeIndex = $firstIndex + i
RETURN count(*) AS movies;
