// Close a Run with what came of it.
// Parameters: runId STRING; status STRING, done | failed | interrupted; results MAP.
// Returns: runId STRING.
:param runId => "derive-example";
:param status => "done";
:param results => {edges: 40043};

MATCH (run:Run {runId: $runId})
SET
  run.status = $status,
  run.finishedAt = datetime(),
  run.seconds = duration.inSeconds(run.startedAt, datetime()).milliseconds / 1000.0,
  run += $results
REMOVE run.process
RETURN run.runId AS runId;
