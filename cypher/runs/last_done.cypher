// The newest Run of one stage that is done.
// Parameters: stage STRING, load | split | derive | train | rating-model.
// Returns: run MAP, its properties.
:param stage => 'derive';

MATCH (found:Run {stage: $stage, status: 'done'})
RETURN found {
  .*,
  startedAt: toString(found.startedAt),
  finishedAt: toString(found.finishedAt)
} AS run
ORDER BY found.startedAt DESC, found.runId DESC
LIMIT 1;
