// Remove the lists of likes from some users who no longer like anything.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; limit INTEGER, how many.
// Returns: users INTEGER, how many there were, up to the limit.
:param minRating => 4.0;
:param limit => 10000;

MATCH (u:User)
WHERE u.likedIndexes IS NOT NULL AND NOT EXISTS { (u)-[r:RATED]->() WHERE r.rating >= $minRating }
WITH u
LIMIT $limit
REMOVE u.likedIndexes, u.likeDecays, u.likeAges
RETURN count(*) AS users;
