// Take the library's graph and its relationships away.
// Parameters: none.
// Returns: nothing.

MATCH ()-[s:SIMILAR]->()
CALL (s) { DELETE s } IN TRANSACTIONS OF 50000 ROWS;

CALL gds.graph.drop('likes', false) YIELD graphName
RETURN graphName;
