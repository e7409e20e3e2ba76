// Create or update one batch of ratings; position i of every list belongs to the same rating.
// Parameters: userIds LIST<INTEGER>; movieIds LIST<INTEGER>; ratings LIST<FLOAT>, 0.5-5.0 stars;
//   timestamps LIST<INTEGER>, Unix seconds.
// Returns: ratings INTEGER, how many were found or created.
:param userIds => [1];
:param movieIds => [1];
:param ratings => [4.0];
:param timestamps => [964982703];

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
MATCH (m:Movie {movieId: $movieIds[i]})
MERGE (u)-[r:RATED]->(m)
SET r.rating = $ratings[i], r.timestamp = $timestamps[i]
RETURN count(r) AS ratings;
