// Movies and users that a load created and that stay, because another load refers to them, belong to no load now.
// Parameters: loadId INTEGER.
// Returns: nodes INTEGER, how many.
:param loadId => 0;

MATCH (n:Movie|User)
WHERE n.loadId = $loadId
CALL (n) { REMOVE n.loadId } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS nodes;
