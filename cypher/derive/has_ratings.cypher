// Whether there is a rating.
// Parameters: none.
// Returns: hasRatings BOOLEAN.

RETURN EXISTS { (:User)-[:RATED]->(:Movie) } AS hasRatings;
