// Delete the ratings of a load; those it had changed are restored before.
// Parameters: loadId INTEGER.
// Returns: ratings INTEGER, how many.
:param loadId => 0;

MATCH (u:User)-[r:RATED]->()
WHERE r.loadId = $loadId
CALL (u, r) {
  SET u:Changed
  DELETE r
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
