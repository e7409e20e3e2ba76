// How many movies have a rating, held out or not: what coverage is a fraction of.
// Parameters: none.
// Returns: movies INTEGER.

RETURN COUNT { MATCH (m:Movie) WHERE EXISTS { (m)<-[:RATED|HELD_OUT]-() } } AS movies;
