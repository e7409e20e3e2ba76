// The newest Run of one stage that is done or has changed the graph: one in a single transaction has changed
// nothing before it is done.
// Parameters: stage STRING, load | split | derive | train | rating-model.
// Returns: run MAP, its properties.
:param stage => 'derive';

MATCH (found:Run {stage: $stage})
WHERE found.status = 'done' OR NOT coalesce(found.singleTransaction, false)
RETURN found {
  .*,
  startedAt: toString(found.startedAt),
  finishedAt: toString(found.finishedAt)
} AS run
ORDER BY found.startedAt DESC, found.runId DESC
LIMIT 1;
