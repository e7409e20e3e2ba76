// Turn the last like of each user into HELD_OUT. A user who has a held-out part already is skipped, so an
// interrupted run can be repeated.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; minLikes INTEGER, users with fewer are not
//   split.
// Returns: rows INTEGER, how many users were looked at.
:param minRating => 4.0;
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
  WITH likes[0] AS r, startNode(likes[0]) AS user, endNode(likes[0]) AS movie
  CREATE (user)-[h:HELD_OUT]->(movie)
  SET h = properties(r), user:Changed
  DELETE r
} IN TRANSACTIONS OF 200 ROWS
RETURN count(*) AS rows;
