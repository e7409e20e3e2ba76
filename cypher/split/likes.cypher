// The likes of each user, held out or not: the same before and after a split.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>, ascending.
:param minRating => 4.0;

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
CALL (u) {
  MATCH (u)-[r:RATED|HELD_OUT]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH m.movieId AS movieId
  ORDER BY movieId
  RETURN collect(movieId) AS movieIds
}
RETURN u.userId AS userId, movieIds
ORDER BY userId;
