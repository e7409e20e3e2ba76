// Delete the FOLLOWED_BY relationships that begin at some movies.
// Parameters: indexes LIST<INTEGER>, likeIndexes of the movies.
// Returns: edges INTEGER, how many there were.
:param indexes => [0];

UNWIND $indexes AS index
MATCH (:Movie {likeIndex: index})-[f:FOLLOWED_BY]->(:Movie)
DELETE f
RETURN count(*) AS edges;
