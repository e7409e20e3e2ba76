// Delete all Runs but one, that of the reset.
// Parameters: runId STRING.
// Returns: runs INTEGER, how many.
:param runId => 'load-example';

MATCH (run:Run)
WHERE run.runId <> $runId
DETACH DELETE run
RETURN count(*) AS runs;
