// Delete every CO_LIKED relationship.
// Parameters: none.
// Returns: nothing.

MATCH (:Movie)-[c:CO_LIKED]->(:Movie)
CALL (c) {
  DELETE c
} IN TRANSACTIONS OF 50000 ROWS;
