// Create the users of one batch who are not there yet, lock all of them until the batch is committed, and say who
// has rated nothing so far: their ratings can be created without looking for older ones.
// Parameters: userIds LIST<INTEGER | STRING>, without repetitions; loadId INTEGER.
// Returns: firstTime LIST<INTEGER | STRING>, users without ratings.
:param userIds => [1, 2];
:param loadId => 1;

UNWIND $userIds AS userId
MERGE (u:User {userId: userId})
  ON CREATE SET u.loadId = $loadId
// Any write takes the lock of the node; this one leaves nothing behind.
SET u.locked = true
REMOVE u.locked
WITH u, NOT EXISTS { (u)-[:RATED]->() } AS isFirst
FOREACH (_ IN CASE WHEN isFirst THEN [1] ELSE [] END | SET u:Changed)
RETURN collect(CASE WHEN isFirst THEN u.userId END) AS firstTime;
