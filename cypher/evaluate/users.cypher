// For some users: what is liked and rated in the training part or given beside it, and the likes that were held
// out.
// Parameters: userIds LIST<INTEGER | STRING>; minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING; liked LIST<INTEGER | STRING>, movieIds, newest first; times LIST<INTEGER>, when
//   each of these was given; seen LIST<INTEGER | STRING>, movieIds; heldOut LIST<INTEGER | STRING>, movieIds, oldest
//   first; heldOutTimes LIST<INTEGER>.
:param userIds => [1];
:param minRating => 4.0;

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED|HELD_OUT]->(m:Movie)
  WHERE type(r) = 'RATED' OR r.isGiven
  WITH r, m.movieId AS movieId
  ORDER BY r.timestamp DESC, movieId
  RETURN
    collect(movieId) AS seen,
    collect(CASE WHEN r.rating >= $minRating THEN movieId END) AS liked,
    collect(CASE WHEN r.rating >= $minRating THEN r.timestamp END) AS times
}
CALL (u) {
  OPTIONAL MATCH (u)-[h:HELD_OUT]->(m:Movie)
  WHERE h.rating >= $minRating AND h.isGiven IS NULL
  WITH h, m.movieId AS movieId
  ORDER BY h.timestamp, movieId
  RETURN collect(movieId) AS heldOut, collect(h.timestamp) AS heldOutTimes
}
RETURN u.userId AS userId, liked, times, seen, heldOut, heldOutTimes
ORDER BY userId;
