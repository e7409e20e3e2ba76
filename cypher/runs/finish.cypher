// Close a Run with what came of it.
// Parameters: runId STRING; status STRING, done | failed | interrupted; results MAP.
// Returns: runId STRING.
:param runId => "derive-example";
:param status => "done";
:param results => {edges: 40043};

MATCH (run:Run {runId: $runId})
// A Run is closed once; what a transaction has recorded as done, a later failure cannot undo.
WHERE run.status = 'running'
SET
  run.status = $status,
  run.finishedAt = datetime(),
  run.seconds = duration.inSeconds(run.startedAt, datetime()).milliseconds / 1000.0,
  run += $results
REMOVE run.process
RETURN run.runId AS runId;
