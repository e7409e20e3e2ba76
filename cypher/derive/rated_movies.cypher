// The movies that anybody has rated.
// Parameters: none.
// Returns: movieId INTEGER.

MATCH (m:Movie)
WHERE EXISTS { (m)<-[:RATED]-() }
RETURN m.movieId AS movieId
ORDER BY movieId;
