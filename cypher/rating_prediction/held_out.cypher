// Every rating that was held out, as lists per user; users without one too.
// Parameters: none.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>, ascending; ratings LIST<FLOAT>, stars.

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
CALL (u) {
  OPTIONAL MATCH (u)-[h:HELD_OUT]->(m:Movie)
  WITH m.movieId AS movieId, h.rating AS rating
  ORDER BY movieId
  RETURN collect(movieId) AS movieIds, collect(rating) AS ratings
}
RETURN u.userId AS userId, movieIds, ratings
ORDER BY userId;
