// How many ratings there are, without reading them.
// Parameters: none.
// Returns: ratings INTEGER.

MATCH ()-[r:RATED]->()
RETURN count(r) AS ratings;
