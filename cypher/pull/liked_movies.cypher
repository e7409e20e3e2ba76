// The movies of users' lists of likes, by likeIndex.
// Parameters: none.
// Returns: likeIndex INTEGER; movieId INTEGER | STRING; likeCount INTEGER.

MATCH (m:Movie)
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m.likeIndex AS likeIndex, m.movieId AS movieId, m.likeCount AS likeCount
ORDER BY likeIndex;
