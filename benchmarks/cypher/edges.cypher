// The edges of CO_LIKED.
// Parameters: none.
// Returns: a, b INTEGER, a < b; score FLOAT.

MATCH (one:Movie)-[c:CO_LIKED]->(other:Movie)
RETURN one.movieId AS a, other.movieId AS b, c.weight AS score
ORDER BY a, b;
