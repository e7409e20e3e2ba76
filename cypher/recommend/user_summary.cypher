// How much is known of one user; no row if there is no such user.
// Parameters: userId INTEGER; minRating FLOAT, stars from which a rating is a like.
// Returns: ratings INTEGER, likes INTEGER.
:param userId => 1;
:param minRating => 4.0;

MATCH (u:User {userId: $userId})
RETURN
  COUNT { (u)-[:RATED]->() } AS ratings,
  COUNT { (u)-[r:RATED]->() WHERE r.rating >= $minRating } AS likes
ORDER BY ratings;
