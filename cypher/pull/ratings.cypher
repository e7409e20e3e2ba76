// Every rating, held out or not, as lists per user.
// Parameters: none.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>, ascending; ratings LIST<FLOAT>; timestamps
//   LIST<INTEGER>.

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
CALL (u) {
  MATCH (u)-[r:RATED|HELD_OUT]->(m:Movie)
  WITH m.movieId AS movieId, r.rating AS rating, r.timestamp AS timestamp
  ORDER BY movieId
  RETURN collect(movieId) AS movieIds, collect(rating) AS ratings, collect(timestamp) AS timestamps
}
RETURN u.userId AS userId, movieIds, ratings, timestamps
ORDER BY userId;
