// The Runs of a stage that started before one of its Runs, whatever came of them.
// Parameters: runId STRING.
// Returns: runId STRING.
:param runId => 'rate-example';

MATCH (run:Run {runId: $runId})
MATCH (earlier:Run {stage: run.stage})
WHERE earlier.startedAt < run.startedAt
RETURN earlier.runId AS runId
ORDER BY runId;
