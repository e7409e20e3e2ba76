// The movies that have a like.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: movieId INTEGER | STRING.
:param minRating => 4.0;

MATCH (m:Movie)
WHERE EXISTS { (m)<-[r:RATED]-(:User) WHERE r.rating >= $minRating }
RETURN m.movieId AS movieId
ORDER BY movieId;
