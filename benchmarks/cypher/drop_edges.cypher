// Delete the CO_LIKED relationships.
// Parameters: none.
// Returns: nothing.

MATCH ()-[c:CO_LIKED]->()
CALL (c) { DELETE c } IN TRANSACTIONS OF 50000 ROWS;
