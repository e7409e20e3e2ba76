// The largest likeRank there is.
// Parameters: none.
// Returns: lastRank INTEGER, null when there is none.

MATCH (m:Movie)
WHERE m.likeRank >= 0
RETURN max(m.likeRank) AS lastRank;
