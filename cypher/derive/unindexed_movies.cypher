// The movies that changed users like and that the last derivation did not have.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: movieId INTEGER | STRING.
:param minRating => 4.0;

MATCH (:User&Changed)-[r:RATED]->(m:Movie)
WHERE r.rating >= $minRating AND m.likeIndex IS NULL
RETURN DISTINCT m.movieId AS movieId
ORDER BY movieId;
