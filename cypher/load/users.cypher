// Create or update one batch of users; position i of every list belongs to the same user.
// Parameters: userIds LIST<INTEGER | STRING>; properties LIST<MAP>, such as gender, age, occupation, zipCode, where
//   null removes the property; loadId INTEGER.
// Returns: written INTEGER, how many are new or have changed.
:param userIds => [1];
:param properties => [{gender: 'F', age: 35}];
:param loadId => 1;

UNWIND range(0, size($userIds) - 1) AS i
MERGE (u:User {userId: $userIds[i]})
  ON CREATE SET u.loadId = $loadId
// What a removed load had created belongs to the next that brings it.
  ON MATCH SET u.loadId = coalesce(u.loadId, $loadId)
WITH u, $properties[i] AS new
WITH u, new,
  any(key IN keys(new) WHERE coalesce(u[key] <> new[key], u[key] IS NOT NULL OR new[key] IS NOT NULL)) AS differs
FOREACH (_ IN CASE WHEN differs THEN [1] ELSE [] END | SET u += new)
RETURN sum(CASE WHEN differs THEN 1 ELSE 0 END) AS written;
