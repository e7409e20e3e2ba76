// Record that a Run's changes may be visible from now on, before it is done.
// Parameters: runId STRING.
// Returns: runId STRING.
:param runId => 'derive-example';

MATCH (run:Run {runId: $runId})
SET run.singleTransaction = false
RETURN run.runId AS runId;
