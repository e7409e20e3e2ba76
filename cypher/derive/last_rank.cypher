// The largest likeRank there is.
// Parameters: none.
// Returns: lastRank INTEGER, -1 when there is none.

MATCH (m:Movie)
WHERE m.likeRank >= 0
RETURN coalesce(max(m.likeRank), -1) AS lastRank;
