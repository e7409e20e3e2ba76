// Number movies that the last derivation did not know. They are marked, as a user's list may hold the same number from a
// movie that was removed and would then seem not to have changed.
// Parameters: movieIds LIST<INTEGER>; firstIndex INTEGER, number of the first of them.
// Returns: movies INTEGER, how many.
:param movieIds => [1, 2];
:param firstIndex => 0;

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
SET m.likeIndex = $firstIndex + i, m:Changed
RETURN count(*) AS movies;
