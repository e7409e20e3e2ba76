// Delete the FOLLOWED_BY relationships that begin at some movies.
// Parameters: likeIndexes LIST<INTEGER>, of the movies.
// Returns: edges INTEGER, how many there were.
:param likeIndexes => [0];

UNWIND $likeIndexes AS index
MATCH (:Movie {likeIndex: index})-[f:FOLLOWED_BY]->(:Movie)
DELETE f
RETURN count(*) AS edges;
