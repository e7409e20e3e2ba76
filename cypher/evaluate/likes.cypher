// What each user likes in the training part.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>.
:param minRating => 4.0;

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
RETURN
  u.userId AS userId,
  COLLECT { MATCH (u)-[r:RATED]->(m:Movie) WHERE r.rating >= $minRating RETURN m.movieId } AS movieIds
ORDER BY userId;
