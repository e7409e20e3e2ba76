// The newest Runs, newest first.
// Parameters: limit INTEGER, >= 1.
// Returns: run MAP, its properties.
:param limit => 20;

MATCH (found:Run)
RETURN found {
  .*,
  startedAt: toString(found.startedAt),
  finishedAt: toString(found.finishedAt)
} AS run
ORDER BY found.startedAt DESC, found.runId DESC
LIMIT $limit;
