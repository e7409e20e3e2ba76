// Label as OrderChanged the movies that changed users like: FOLLOWED_BY may change between any two of them. Runs
// before and after their lists of likes are replaced.
// Parameters: none.
// Returns: movies INTEGER, how many were marked.

MATCH (u:User&Changed)
UNWIND u.likedIndexes AS index
WITH DISTINCT index
MATCH (m:Movie {likeIndex: index})
SET m:OrderChanged
RETURN count(m) AS movies;
