UNWIND range(0, $lastIndex) AS index
OPTIONAL MATCH (m:Movie {likeIndex: index})
WITH index, m
ORDER BY index
// A movie that was removed leaves a gap.
