// The titles of some movies, in the order of the ids.
// Parameters: movieIds LIST<INTEGER | STRING>.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER.
:param movieIds => [2571, 1];

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
RETURN m.movieId AS movieId, m.title AS title, m.year AS year, coalesce(m.likeCount, 0) AS likeCount
ORDER BY i;
