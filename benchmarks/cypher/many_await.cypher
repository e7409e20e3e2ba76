// Wait until every index is online, up to three hours.
// Parameters: none.
// Returns: nothing.

CALL db.awaitIndexes(10800);
