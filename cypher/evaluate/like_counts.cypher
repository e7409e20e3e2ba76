// The movies that anybody liked in training, with how many did: what is ranked.
// Parameters: none.
// Returns: movieId INTEGER, likeCount INTEGER.

MATCH (m:Movie)
WHERE m.likeCount > 0
RETURN m.movieId AS movieId, m.likeCount AS likeCount
ORDER BY movieId;
