// The movies whose likes have changed since the last derive, or the order among likes that one is of.
// Parameters: none.
// Returns: likeRank INTEGER.

MATCH (m:Movie&(Touched|Reordered))
WHERE m.likeRank >= 0
RETURN m.likeRank AS likeRank
ORDER BY likeRank;
