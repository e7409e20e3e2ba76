// Delete the CO_LIKED relationships of some movies.
// Parameters: indexes LIST<INTEGER>, likeIndexes of the movies.
// Returns: edges INTEGER, how many there were.
:param indexes => [0];

UNWIND $indexes AS index
MATCH (:Movie {likeIndex: index})-[c:CO_LIKED]-(:Movie)
WITH DISTINCT c
DELETE c
RETURN count(*) AS edges;
