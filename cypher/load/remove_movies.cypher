// Delete the movies that a load created, or one removed before, and that nobody has rated or tagged in another load.
// Parameters: loadId INTEGER.
// Returns: movies INTEGER, how many.
:param loadId => 0;

MATCH (m:Movie)
WHERE (m.loadId = $loadId OR m.loadId IS NULL) AND NOT EXISTS { (m)<-[:RATED|HELD_OUT|TAGGED]-() }
CALL (m) { DETACH DELETE m } IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS movies;
