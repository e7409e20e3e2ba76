// Remove the properties of an earlier derivation from movies that nobody likes any more.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; limit INTEGER, how many.
// Returns: movies INTEGER, how many there were, up to the limit.
:param minRating => 4.0;
:param limit => 10000;

MATCH (m:Movie)
WHERE m.likeIndex >= 0 AND NOT EXISTS { (m)<-[r:RATED]-() WHERE r.rating >= $minRating }
WITH m
LIMIT $limit
REMOVE m.likeIndex, m.likeCount, m.decayedLikeCount
RETURN count(*) AS movies;
