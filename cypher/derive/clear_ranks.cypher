// Take off some movies what the last derive has put on them, its edges aside.
// Parameters: limit INTEGER, how many.
// Returns: movies INTEGER, how many there were, up to the limit.
:param limit => 10000;

MATCH (m:Movie)
WHERE m.likeRank >= 0
WITH m
LIMIT $limit
REMOVE m.likeRank, m.likeCount, m.decayedLikeCount
RETURN count(*) AS movies;
