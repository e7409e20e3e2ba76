// Begin a load anew: none of its rows counts as done. Those that are in the graph are found unchanged.
// Parameters: loadId INTEGER.
// Returns: loadId INTEGER.
:param loadId => 1;

MATCH (load:Load {loadId: $loadId})
WHERE load.status IN ['loading', 'done']
SET load.status = 'loading', load.rowsDone = [rows IN load.rowsDone | 0]
RETURN load.loadId AS loadId;
