// Create the users of one batch who are not there yet, lock all of them until the batch is committed, and say who
// has rated nothing so far: their ratings can be created without looking for older ones.
// Parameters: userIds LIST<INTEGER>, without repetitions; userKeys LIST<STRING> or null; loadId INTEGER.
// Returns: firstTime LIST<INTEGER>, users without ratings; clashes LIST<STRING>, userKeys whose hash is another user's
//   userId.
:param userIds => [1, 2];
:param userKeys => null;
:param loadId => 1;

UNWIND range(0, size($userIds) - 1) AS i
MERGE (u:User {userId: $userIds[i]})
  ON CREATE SET u.userKey = $userKeys[i], u.loadId = $loadId
// Any write takes the lock of the node; this one leaves nothing behind.
SET u.locked = true
REMOVE u.locked
WITH u, $userKeys[i] AS userKey, NOT EXISTS { (u)-[:RATED]->() } AS isFirst
FOREACH (_ IN CASE WHEN isFirst THEN [1] ELSE [] END | SET u:Changed)
RETURN
  collect(CASE WHEN isFirst THEN u.userId END) AS firstTime,
  collect(CASE WHEN u.userKey <> userKey THEN userKey END) AS clashes;
