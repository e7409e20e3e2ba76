// Delete the CO_LIKED relationships of some movies.
// Parameters: likeIndexes LIST<INTEGER>, of the movies.
// Returns: edges INTEGER, how many there were.
:param likeIndexes => [0];

UNWIND $likeIndexes AS index
MATCH (:Movie {likeIndex: index})-[c:CO_LIKED]-(:Movie)
WITH DISTINCT c
DELETE c
RETURN count(*) AS edges;
