// The largest likeIndex there is.
// Parameters: none.
// Returns: lastIndex INTEGER, null when there is none.

MATCH (m:Movie)
WHERE m.likeIndex >= 0
RETURN max(m.likeIndex) AS lastIndex;
