// What some users have rated and what they like; no row for an unknown userId.
// Parameters: userIds LIST<INTEGER | STRING>; minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; rated LIST<INTEGER | STRING>, movieIds; liked LIST<INTEGER | STRING>, movieIds,
//   newest first; timestamps LIST<INTEGER>, Unix seconds, of these.
:param userIds => [1];
:param minRating => 4.0;

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED]->(m:Movie)
  WITH r, m
  ORDER BY r.timestamp DESC, m.movieId
  RETURN
    collect(m.movieId) AS rated,
    collect(CASE WHEN r.rating >= $minRating THEN m.movieId END) AS liked,
    collect(CASE WHEN r.rating >= $minRating THEN r.timestamp END) AS timestamps
}
RETURN userId, rated, liked, timestamps
ORDER BY userId;
