// Delete all users, movies and loads, and the user encoder.
// Parameters: none.
// Returns: nodes INTEGER, how many.

MATCH (n:User|Movie|Load|UserEncoder)
CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS nodes;
