// Take the library's graph away.
// Parameters: none.
// Returns: nothing.

CALL gds.graph.drop('coLiked', false) YIELD graphName
RETURN graphName;
