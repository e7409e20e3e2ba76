// The movies whose likes have changed since the last derive.
// Parameters: none.
// Returns: likeRank INTEGER.

MATCH (m:Movie:Touched)
WHERE m.likeRank >= 0
RETURN m.likeRank AS likeRank
ORDER BY likeRank;
