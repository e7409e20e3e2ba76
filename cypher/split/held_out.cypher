// How much is held out, and how much is left.
// Parameters: none.
// Returns: users INTEGER, who have a held-out part; heldOut INTEGER; ratings INTEGER, that are left.

RETURN
  COUNT { MATCH (u:User) WHERE EXISTS { (u)-[:HELD_OUT]->() } } AS users,
  COUNT { ()-[:HELD_OUT]->() } AS heldOut,
  COUNT { ()-[:RATED]->() } AS ratings;
