// Delete the CO_LIKED relationships of some movies.
// Parameters: ranks LIST<INTEGER>, likeRanks of the movies.
// Returns: edges INTEGER, how many there were.
:param ranks => [0];

UNWIND $ranks AS rank
MATCH (:Movie {likeRank: rank})-[c:CO_LIKED]-(:Movie)
WITH DISTINCT c
DELETE c
RETURN count(*) AS edges;
