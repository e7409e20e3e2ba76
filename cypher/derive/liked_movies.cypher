// The movies that anybody likes.
// Parameters: minRating FLOAT, stars.
// Returns: movieId INTEGER.
:param minRating => 4.0;

MATCH (m:Movie)<-[r:RATED]-(:User)
WHERE r.rating >= $minRating
WITH DISTINCT m
RETURN m.movieId AS movieId
ORDER BY movieId;
