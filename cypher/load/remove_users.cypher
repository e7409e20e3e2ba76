// Delete the users that a load created, or one removed before, and that have nothing from another load. The movies
// they liked are marked, so that an incremental derivation counts them again.
// Parameters: loadId INTEGER.
// Returns: users INTEGER, how many.
:param loadId => 0;

MATCH (u:User)
WHERE (u.loadId = $loadId OR u.loadId IS NULL) AND NOT EXISTS { (u)-[:RATED|HELD_OUT|TAGGED]->() }
CALL (u) {
  OPTIONAL MATCH (m:Movie)
  WHERE m.likeIndex IN u.likedIndexes
  SET m:Changed
  WITH DISTINCT u
  DETACH DELETE u
} IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS users;
