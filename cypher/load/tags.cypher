// Create one batch of tags; position i of every list belongs to the same tag. A user's tag on a movie is kept once,
// with its newest time.
// Parameters: userIds LIST<INTEGER | STRING>; movieIds LIST<INTEGER | STRING>; tags LIST<STRING>; timestamps
//   LIST<INTEGER>, Unix seconds; loadId INTEGER.
// Returns: written INTEGER, how many are new or have a newer time.
:param userIds => [2];
:param movieIds => [60756];
:param tags => ['funny'];
:param timestamps => [1445714994];
:param loadId => 1;

UNWIND range(0, size($userIds) - 1) AS i
MERGE (u:User {userId: $userIds[i]})
  ON CREATE SET u.loadId = $loadId
WITH u, i
MATCH (m:Movie {movieId: $movieIds[i]})
MERGE (u)-[t:TAGGED {tag: $tags[i]}]->(m)
  ON CREATE SET t.loadId = $loadId
WITH t, i, t.timestamp IS NULL OR t.timestamp < $timestamps[i] AS differs
FOREACH (_ IN CASE WHEN differs THEN [1] ELSE [] END | SET t.timestamp = $timestamps[i])
RETURN sum(CASE WHEN differs THEN 1 ELSE 0 END) AS written;
