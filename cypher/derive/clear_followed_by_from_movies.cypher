// Delete the FOLLOWED_BY relationships that begin at some movies.
// Parameters: ranks LIST<INTEGER>, likeRanks of the movies.
// Returns: edges INTEGER, how many there were.
:param ranks => [0];

UNWIND $ranks AS rank
MATCH (:Movie {likeRank: rank})-[f:FOLLOWED_BY]->(:Movie)
DELETE f
RETURN count(*) AS edges;
