// Delete the CO_LIKED relationships that begin at some movies, so that a batch that makes them can be repeated.
// Parameters: likeIndexes LIST<INTEGER>, of the movies.
// Returns: edges INTEGER, how many there were.
:param likeIndexes => [0];

UNWIND $likeIndexes AS index
MATCH (:Movie {likeIndex: index})-[c:CO_LIKED]->(:Movie)
DELETE c
RETURN count(*) AS edges;
