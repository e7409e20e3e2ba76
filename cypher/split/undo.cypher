// Turn every HELD_OUT back into RATED.
// Parameters: none.
// Returns: ratings INTEGER, how many went back.

MATCH (u:User)-[h:HELD_OUT]->(m:Movie)
CALL (u, h, m) {
  MERGE (u)-[r:RATED]->(m)
  SET r = properties(h), r.isGiven = null, u:Changed
  DELETE h
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
