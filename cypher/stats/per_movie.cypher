// How many movies have how many ratings.
// Parameters: none.
// Returns: ratings INTEGER; movies INTEGER.

MATCH (m:Movie)
WITH COUNT { (m)<-[:RATED]-() } AS ratings
RETURN ratings, count(*) AS movies
ORDER BY ratings;
