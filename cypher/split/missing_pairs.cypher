// The first of these pairs that is no rating in the graph, held out or not.
// Parameters: userIds LIST<INTEGER | STRING>; movieIds LIST<INTEGER | STRING>, position i of both belongs to the same
//   pair.
// Returns: missing INTEGER, how many; first INTEGER, the position of the first, or null.
:param userIds => [1];
:param movieIds => [1];

UNWIND range(0, size($userIds) - 1) AS i
OPTIONAL MATCH (u:User {userId: $userIds[i]})
OPTIONAL MATCH (m:Movie {movieId: $movieIds[i]})
WITH i, u IS NOT NULL AND m IS NOT NULL AND EXISTS { (u)-[:RATED|HELD_OUT]->(m) } AS isThere
WHERE NOT isThere
RETURN count(i) AS missing, min(i) AS first;
