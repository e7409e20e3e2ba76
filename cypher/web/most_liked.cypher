// The movies that most people like.
// Parameters: limit INTEGER.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER.
:param limit => 12;

MATCH (m:Movie)
WHERE m.likeCount > 0
RETURN m.movieId AS movieId, m.title AS title, m.year AS year, m.likeCount AS likeCount
ORDER BY likeCount DESC, movieId
LIMIT $limit;
