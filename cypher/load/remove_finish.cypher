// Close the removal of a load. Loads that ended after it began may have found its rows already there and left them
// as they were; their ledgers are set back, so that loading the same files again brings such rows back.
// Parameters: loadId INTEGER.
// Returns: loadIds LIST<INTEGER>, the loads to run again.
:param loadId => 0;

MATCH (load:Load {loadId: $loadId})
SET load.status = 'removed', load.removedAt = datetime()
REMOVE load.fingerprint
WITH load
OPTIONAL MATCH (other:Load)
WHERE
  other.loadId <> load.loadId
  AND other.status IN ['loading', 'done']
  AND coalesce(other.finishedAt > load.startedAt, true)
SET other.status = 'loading', other.rowsDone = [rows IN other.rowsDone | 0]
RETURN collect(other.loadId) AS loadIds;
