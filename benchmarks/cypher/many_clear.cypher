// Delete all movies and users with their relationships, and the indexes of vectors, which are quicker made at the end.
// Parameters: none.
// Returns: nothing.

DROP INDEX movie_embedding IF EXISTS;

DROP INDEX movie_logit IF EXISTS;

DROP INDEX movie_encoder_logit IF EXISTS;

DROP INDEX movie_unordered_logit IF EXISTS;

DROP INDEX movie_unordered_encoder_logit IF EXISTS;

MATCH ()-[r:RATED|CO_LIKED|FOLLOWED_BY|PREDICTS]->()
CALL (r) {
  DELETE r
} IN TRANSACTIONS OF 50000 ROWS;

MATCH (n:Movie|User)
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 2000 ROWS;
