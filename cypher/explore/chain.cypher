// A chain of links from one movie to another.
// Look for: how a taste changes on the way. Each step is a pair that the same people like.
// Parameters: title STRING; otherTitle STRING.
// Returns: path PATH, one of the shortest.
:param title => "Lion King, The (1994)";
:param otherTitle => "Reservoir Dogs (1992)";

MATCH (a:Movie {title: $title}), (b:Movie {title: $otherTitle})
MATCH path = shortestPath((a)-[:CO_LIKED*..6]-(b))
RETURN path
ORDER BY length(path);
