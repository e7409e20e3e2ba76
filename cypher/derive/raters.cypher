// How many likes each user has: what a derive will have to go through.
// Parameters: minRating FLOAT, stars.
// Returns: userId INTEGER; likes INTEGER, > 0.
:param minRating => 4.0;

MATCH (u:User)
WITH u.userId AS userId, COUNT { (u)-[r:RATED]->() WHERE r.rating >= $minRating } AS likes
WHERE likes > 0
RETURN userId, likes
ORDER BY userId;
