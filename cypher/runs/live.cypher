// The Run whose vectors the movies carry.
// Parameters: none.
// Returns: run MAP, its properties.

MATCH (run:Run {stage: 'train', live: true})
RETURN run {
  .*,
  startedAt: toString(run.startedAt),
  finishedAt: toString(run.finishedAt)
} AS run
ORDER BY run.runId
LIMIT 1;
