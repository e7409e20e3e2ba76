// The newest Run of one stage that is done.
// Parameters: stage STRING, load | split | derive | train | rating-model.
// Returns: run MAP, its properties.
:param stage => 'derive';

MATCH (run:Run {stage: $stage, status: 'done'})
WITH run
ORDER BY run.startedAt DESC, run.runId DESC
LIMIT 1
RETURN run {
  .*,
  startedAt: toString(run.startedAt),
  finishedAt: toString(run.finishedAt)
} AS run;
