// For every user: liked and rated movies of the training part, and the held-out likes.
// Parameters: minRating FLOAT, stars from which a rating is a like.
// Returns: userId INTEGER; liked, seen, heldOut LIST<INTEGER> of movieIds, ascending.
:param minRating => 4.0;

MATCH (u:User)
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED]->(m:Movie)
  WITH r, m.movieId AS movieId
  ORDER BY movieId
  RETURN
    collect(movieId) AS seen,
    collect(CASE WHEN r.rating >= $minRating THEN movieId END) AS liked
}
CALL (u) {
  OPTIONAL MATCH (u)-[h:HELD_OUT]->(m:Movie)
  WHERE h.rating >= $minRating
  WITH m.movieId AS movieId
  ORDER BY movieId
  RETURN collect(movieId) AS heldOut
}
RETURN u.userId AS userId, liked, seen, heldOut
ORDER BY userId;
