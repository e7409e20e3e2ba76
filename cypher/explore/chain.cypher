// A chain of links from one movie to another.
// Look for: how the kind of movie changes on the way. Each step is a pair that the same people like.
// Parameters: none.
// Returns: path PATH, one of the shortest.

MATCH (a:Movie {title: 'Lion King, The (1994)'}), (b:Movie {title: 'Reservoir Dogs (1992)'})
MATCH path = shortestPath((a)-[:CO_LIKED*..6]-(b))
RETURN path
ORDER BY length(path);
