// The newest Runs, newest first.
// Parameters: limit INTEGER, >= 1.
// Returns: run MAP, its properties.
:param limit => 20;

MATCH (run:Run)
WITH run
ORDER BY run.startedAt DESC, run.runId DESC
LIMIT $limit
RETURN run {
  .*,
  startedAt: toString(run.startedAt),
  finishedAt: toString(run.finishedAt)
} AS run;
