// One rating, in a transaction of its own.
// Parameters: userId INTEGER; movieId INTEGER; rating FLOAT, stars; timestamp INTEGER, Unix seconds.
// Returns: ratings INTEGER.
:param userId => 1;
:param movieId => 1;
:param rating => 4.0;
:param timestamp => 964982703;

MERGE (u:User {userId: $userId})
WITH u
MATCH (m:Movie {movieId: $movieId})
MERGE (u)-[r:RATED]->(m)
SET r.rating = $rating, r.timestamp = $timestamp
RETURN count(r) AS ratings;
