// Turn these ratings into HELD_OUT; those that are already are skipped.
// Parameters: userIds LIST<INTEGER | STRING>; movieIds LIST<INTEGER | STRING>, position i of both belongs to the same
//   rating.
// Returns: rows INTEGER, how many were held out now.
:param userIds => [1];
:param movieIds => [1];

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
MATCH (m:Movie {movieId: $movieIds[i]})
MATCH (u)-[r:RATED]->(m)
CREATE (u)-[h:HELD_OUT]->(m)
SET h = properties(r), u:Changed
DELETE r
RETURN count(*) AS rows;
