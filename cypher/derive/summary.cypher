// The sizes of the CO_LIKED graph and of the FOLLOWED_BY graph.
// Parameters: none.
// Returns: movies INTEGER, with at least one CO_LIKED; edges INTEGER, CO_LIKED relationships; followedBy INTEGER,
//   FOLLOWED_BY ones.

RETURN
  COUNT { MATCH (m:Movie) WHERE EXISTS { (m)-[:CO_LIKED]-() } } AS movies,
  COUNT { ()-[:CO_LIKED]->() } AS edges,
  COUNT { ()-[:FOLLOWED_BY]->() } AS followedBy;
