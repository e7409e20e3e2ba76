// Turn the last like of each user into HELD_OUT, or the last few: those before the last are only kept from training,
// and are given when the last is asked for. A user who has a held-out part already is skipped, so an interrupted
// run can be repeated.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; minLikes INTEGER, users with fewer are not
//   split; heldOut INTEGER, how many likes of each user.
// Returns: rows INTEGER, how many users were looked at.
:param minRating => 4.0;
:param minLikes => 5;
:param heldOut => 1;

MATCH (u:User)
WHERE NOT EXISTS { (u)-[:HELD_OUT]->() }
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH r, m
  ORDER BY r.timestamp DESC, m.movieId DESC
  WITH collect(r) AS likes
  WHERE size(likes) >= $minLikes
  UNWIND range(0, $heldOut - 1) AS i
  WITH i, likes[i] AS r, startNode(likes[i]) AS user, endNode(likes[i]) AS movie
  CREATE (user)-[h:HELD_OUT]->(movie)
  SET h = properties(r), h.isGiven = CASE WHEN i > 0 THEN true END, user:Changed
  DELETE r
} IN TRANSACTIONS OF 200 ROWS
RETURN count(*) AS rows;
