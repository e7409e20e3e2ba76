// Set likeIndex on movies that the last derivation did not have, and label them Changed: a user's likedIndexes may
// still hold the same integer from a removed movie, and would then seem unchanged.
// Parameters: movieIds LIST<INTEGER | STRING>; firstIndex INTEGER, likeIndex of the first of them.
// Returns: movies INTEGER, how many.
:param movieIds => [1, 2];
:param firstIndex => 0;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m.likeIndex = $firstIndex + i, m:Changed
RETURN count(*) AS movies;
