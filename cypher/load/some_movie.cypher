// The smallest id of a movie.
// Parameters: none.
// Returns: movieId INTEGER | STRING.

MATCH (m:Movie)
RETURN min(m.movieId) AS movieId;
