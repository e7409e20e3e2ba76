// Delete all that movierec keeps between users and movies.
// Parameters: none.
// Returns: relationships INTEGER, how many.

MATCH ()-[r:RATED|HELD_OUT|TAGGED|CO_LIKED|FOLLOWED_BY|PREDICTS]->()
CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS relationships;
