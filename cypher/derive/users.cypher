// How many ratings each user has, without reading any: what a derivation divides into batches.
// Parameters: none.
// Returns: userId INTEGER | STRING; ratings INTEGER, > 0.

MATCH (u:User)
WITH u, COUNT { (u)-[:RATED]->() } AS ratings
WHERE ratings > 0
RETURN u.userId AS userId, ratings
ORDER BY userId;
