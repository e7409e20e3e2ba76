// Delete the LIKED relationships.
// Parameters: none.
// Returns: nothing.

MATCH ()-[l:LIKED]->()
CALL (l) { DELETE l } IN TRANSACTIONS OF 50000 ROWS;
