// Delete every LIKED relationship of the last derive.
// Parameters: none.
// Returns: nothing.

MATCH (:User)-[l:LIKED]->(:Movie)
CALL (l) {
  DELETE l
} IN TRANSACTIONS OF 50000 ROWS;
