// The newest Run of one stage that is done or has changed the graph: one in a single transaction has changed
// nothing before it is done.
// Parameters: stage STRING, load | split | derive | train | rating-model.
// Returns: run MAP, its properties.
:param stage => 'derive';

MATCH (run:Run {stage: $stage})
WHERE run.status = 'done' OR NOT coalesce(run.singleTransaction, false)
WITH run
ORDER BY run.startedAt DESC, run.runId DESC
LIMIT 1
RETURN run {
  .*,
  startedAt: toString(run.startedAt),
  finishedAt: toString(run.finishedAt)
} AS run;
