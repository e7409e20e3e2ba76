// The movies that users' lists of likes speak of, by their numbers there.
// Parameters: none.
// Returns: likeRank INTEGER; movieId INTEGER; likeCount INTEGER.

MATCH (m:Movie)
WHERE m.likeRank >= 0 AND m.likeCount > 0
RETURN m.likeRank AS likeRank, m.movieId AS movieId, m.likeCount AS likeCount
ORDER BY likeRank;
