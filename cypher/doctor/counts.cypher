// How much of everything the graph holds.
// Parameters: none.
// Returns: users, movies, ratings, heldOut, coLiked, vectors INTEGER.

RETURN
  COUNT { (:User) } AS users,
  COUNT { (:Movie) } AS movies,
  COUNT { ()-[:RATED]->() } AS ratings,
  COUNT { ()-[:HELD_OUT]->() } AS heldOut,
  COUNT { ()-[:CO_LIKED]->() } AS coLiked,
  COUNT { (m:Movie) WHERE m.embedding IS NOT NULL } AS vectors;
