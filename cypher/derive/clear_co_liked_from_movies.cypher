// Delete the CO_LIKED relationships that begin at some movies, so that a batch that makes them can be repeated.
// Parameters: ranks LIST<INTEGER>, likeRanks of the movies.
// Returns: edges INTEGER, how many there were.
:param ranks => [0];

UNWIND $ranks AS rank
MATCH (:Movie {likeRank: rank})-[c:CO_LIKED]->(:Movie)
DELETE c
RETURN count(*) AS edges;
