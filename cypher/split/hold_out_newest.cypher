// Turn the newest likes of each user into HELD_OUT; non-likes stay. A user who has a held-out part
// already is skipped, so an interrupted run can be repeated.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; fraction FLOAT, of a user's likes, rounded
//   down; minLikes INTEGER.
// Returns: rows INTEGER, how many users were looked at.
:param minRating => 4.0;
:param fraction => 0.2;
:param minLikes => 5;

MATCH (u:User)
WHERE NOT EXISTS { (u)-[:HELD_OUT]->() }
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH r, m
  ORDER BY r.timestamp DESC, m.movieId DESC
  WITH collect(r) AS likes
  WHERE size(likes) >= $minLikes
  UNWIND likes[..toInteger(floor(size(likes) * $fraction))] AS r
  WITH r, startNode(r) AS user, endNode(r) AS movie
  CREATE (user)-[h:HELD_OUT]->(movie)
  SET h = properties(r), user:Changed
  DELETE r
} IN TRANSACTIONS OF 200 ROWS
RETURN count(*) AS rows;
