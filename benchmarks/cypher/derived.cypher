// What a derivation left: every relationship between two movies.
// Parameters: none.
// Returns: type STRING; a, b ID; count INTEGER; weight FLOAT.

MATCH (a:Movie)-[edge:CO_LIKED|FOLLOWED_BY]->(b:Movie)
RETURN type(edge) AS type, a.movieId AS a, b.movieId AS b, edge.count AS count, edge.weight AS weight;
