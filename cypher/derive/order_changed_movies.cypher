// The movies whose likes have changed since the last derivation, or whose place among a user's likes has.
// Parameters: none.
// Returns: likeIndex INTEGER.

MATCH (m:Movie&(Changed|OrderChanged))
WHERE m.likeIndex >= 0
RETURN m.likeIndex AS likeIndex
ORDER BY likeIndex;
