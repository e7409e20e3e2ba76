// The movies with a like in the training part, and how many: what is ranked.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: movieId INTEGER | STRING, likeCount INTEGER.
:param minRating => 4.0;

MATCH (m:Movie)<-[r:RATED]-(:User)
WHERE r.rating >= $minRating
RETURN m.movieId AS movieId, count(r) AS likeCount
ORDER BY movieId;
