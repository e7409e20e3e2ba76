// The size of the CO_LIKED graph.
// Parameters: none.
// Returns: movies INTEGER, with at least one edge; edges INTEGER.

RETURN
  COUNT { MATCH (m:Movie) WHERE EXISTS { (m)-[:CO_LIKED]-() } } AS movies,
  COUNT { ()-[:CO_LIKED]->() } AS edges;
