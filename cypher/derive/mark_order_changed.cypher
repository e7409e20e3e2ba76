// Mark the movies that changed users like, before or after their lists are renewed: what follows what may change
// between any two of them.
// Parameters: none.
// Returns: movies INTEGER, how many were marked.

MATCH (u:User:Changed)
UNWIND u.likedIndexes AS index
WITH DISTINCT index
MATCH (m:Movie {likeIndex: index})
SET m:OrderChanged
RETURN count(m) AS movies;
