// The movies that users' lists of likes speak of, by their numbers there.
// Parameters: none.
// Returns: likeIndex INTEGER; movieId INTEGER; likeCount INTEGER.

MATCH (m:Movie)
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m.likeIndex AS likeIndex, m.movieId AS movieId, m.likeCount AS likeCount
ORDER BY likeIndex;
