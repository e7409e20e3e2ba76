// Whether there are ratings, and movies.
// Parameters: none.
// Returns: ratings BOOLEAN; movies BOOLEAN.

RETURN EXISTS { ()-[:RATED]->() } AS ratings, EXISTS { (:Movie) } AS movies;
