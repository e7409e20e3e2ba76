// Delete the tags that a load created.
// Parameters: loadId INTEGER.
// Returns: tags INTEGER, how many.
:param loadId => 0;

MATCH ()-[t:TAGGED]->()
WHERE t.loadId = $loadId
CALL (t) { DELETE t } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS tags;
