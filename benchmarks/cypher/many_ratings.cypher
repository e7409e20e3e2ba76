// Create a user with ratings; position i of all lists belongs together.
// Parameters: userId INTEGER; movieIds LIST<INTEGER>; ratings LIST<FLOAT>, stars; timestamps LIST<INTEGER>, Unix
//   seconds.
// Returns: ratings INTEGER.

CREATE (u:User {userId: $userId})
WITH u
UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
CREATE (u)-[r:RATED {rating: $ratings[i], timestamp: $timestamps[i]}]->(m)
RETURN count(r) AS ratings;
