// Turn the likes of all users from one moment on into HELD_OUT.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; timestamp INTEGER, Unix seconds.
// Returns: rows INTEGER, how many ratings were held out now.
:param minRating => 4.0;
:param timestamp => 1500000000;

MATCH (u:User)-[r:RATED]->(m:Movie)
WHERE r.rating >= $minRating AND r.timestamp > $timestamp
CALL (u, r, m) {
  CREATE (u)-[h:HELD_OUT]->(m)
  SET h = properties(r), u:Changed
  DELETE r
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS rows;
