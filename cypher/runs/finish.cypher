// Finish a Run with its status and results.
// Parameters: runId STRING; status STRING, done | failed | interrupted; results MAP, with "seconds" that it took.
// Returns: runId STRING.
:param runId => 'derive-example';
:param status => 'done';
:param results => {edges: 40043, seconds: 1.5};

MATCH (run:Run {runId: $runId})
// A Run is finished once; what a transaction has recorded as done, a later failure cannot undo.
WHERE run.status = 'running'
WITH run, CASE WHEN datetime() < run.startedAt THEN run.startedAt ELSE datetime() END AS finishedAt
SET
  run.status = $status,
  run.finishedAt = finishedAt,
  run += $results
REMOVE run.process
RETURN run.runId AS runId;
