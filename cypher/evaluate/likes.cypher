// What each user likes in the training part.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>, newest first; times LIST<INTEGER>, when each of
//   these was given, Unix seconds.
:param minRating => 4.0;

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH r, m.movieId AS movieId
  ORDER BY r.timestamp DESC, movieId
  RETURN collect(movieId) AS movieIds, collect(r.timestamp) AS times
}
RETURN u.userId AS userId, movieIds, times
ORDER BY userId;
