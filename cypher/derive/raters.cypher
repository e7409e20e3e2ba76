// How many likes each user has, and when the newest was given: what a derivation has to process.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; likes INTEGER, > 0; newestAt INTEGER, Unix seconds.
:param minRating => 4.0;

MATCH (u:User)
CALL (u) {
  MATCH (u)-[r:RATED]->(:Movie)
  WHERE r.rating >= $minRating
  RETURN count(*) AS likes, max(r.timestamp) AS newestAt
}
WITH u, likes, newestAt
WHERE likes > 0
RETURN u.userId AS userId, likes, newestAt
ORDER BY userId;
