// The sizes of the CO_LIKED graph and of the FOLLOWED_BY graph.
// Parameters: none.
// Returns: movies INTEGER, with at least one edge; edges INTEGER; followedBy INTEGER, FOLLOWED_BY relationships.

RETURN
  COUNT { MATCH (m:Movie) WHERE EXISTS { (m)-[:CO_LIKED]-() } } AS movies,
  COUNT { ()-[:CO_LIKED]->() } AS edges,
  COUNT { ()-[:FOLLOWED_BY]->() } AS followedBy;
