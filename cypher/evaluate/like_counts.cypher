// The movies that anybody liked in training, with how many did: what is ranked.
// Parameters: minRating FLOAT, stars from which a rating is a like.
// Returns: movieId INTEGER, likeCount INTEGER.
:param minRating => 4.0;

MATCH (m:Movie)<-[r:RATED]-(:User)
WHERE r.rating >= $minRating
RETURN m.movieId AS movieId, count(r) AS likeCount
ORDER BY movieId;
