// The movies whose likes have changed since the last derivation.
// Parameters: none.
// Returns: likeIndex INTEGER.

MATCH (m:Movie&Changed)
WHERE m.likeIndex >= 0
RETURN m.likeIndex AS likeIndex
ORDER BY likeIndex;
