// Take the lists of likes off some users who no longer like anything.
// Parameters: minRating FLOAT, stars; limit INTEGER, how many.
// Returns: users INTEGER, how many there were, up to the limit.
:param minRating => 4.0;
:param limit => 10000;

MATCH (u:User)
WHERE u.likedRanks IS NOT NULL AND NOT EXISTS { (u)-[r:RATED]->() WHERE r.rating >= $minRating }
WITH u
LIMIT $limit
REMOVE u.likedRanks, u.likedDecays, u.likedSteps
RETURN count(*) AS users;
