// Create CO_LIKED relationships, many at once; position i of all lists belongs together.
// Parameters: sources LIST<INTEGER>, movieIds; targets LIST<INTEGER>, movieIds; weights LIST<FLOAT>.
// Returns: relationships INTEGER.

UNWIND range(0, size($sources) - 1) AS i
MATCH (a:Movie {movieId: $sources[i]})
MATCH (b:Movie {movieId: $targets[i]})
CREATE (a)-[r:CO_LIKED {count: 1 + toInteger($weights[i]), weight: $weights[i]}]->(b)
RETURN count(r) AS relationships;
