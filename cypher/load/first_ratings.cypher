// Create the ratings of users who have none; position i of every list belongs to the same rating.
// Parameters: userIds LIST<INTEGER | STRING>; movieIds LIST<INTEGER | STRING>, no pair twice; ratings LIST<FLOAT>,
//   stars; timestamps LIST<INTEGER>, Unix seconds; loadId INTEGER.
// Returns: written INTEGER.
:param userIds => [1];
:param movieIds => [1];
:param ratings => [4.0];
:param timestamps => [964982703];
:param loadId => 1;

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
MATCH (m:Movie {movieId: $movieIds[i]})
CREATE (u)-[:RATED {rating: $ratings[i], timestamp: $timestamps[i], loadId: $loadId}]->(m)
RETURN count(*) AS written;
