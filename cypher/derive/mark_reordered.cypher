// Mark the movies that touched users like, before or after their lists are renewed: what follows what may change
// between any two of them.
// Parameters: none.
// Returns: movies INTEGER, how many were marked.

MATCH (u:User:Touched)
UNWIND u.likedRanks AS rank
WITH DISTINCT rank
MATCH (m:Movie {likeRank: rank})
SET m:Reordered
RETURN count(m) AS movies;
