// How many users gave how many ratings.
// Parameters: none.
// Returns: ratings INTEGER; users INTEGER.

MATCH (u:User)
WITH COUNT { (u)-[:RATED]->() } AS ratings
RETURN ratings, count(*) AS users
ORDER BY ratings;
