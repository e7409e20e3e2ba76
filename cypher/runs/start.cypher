// Start a Run: a stage is about to change the graph. startedAt is later than any before, even if the clock was set
// back.
// Parameters: runId STRING; stage STRING, load | split | derive | train | rating-model; process STRING, host:pid:start
//   time; settings MAP.
// Returns: runId STRING.
:param runId => 'derive-example';
:param stage => 'derive';
:param process => 'localhost:1:0';
:param settings => {minRating: 4.0};

OPTIONAL MATCH (earlier:Run)
WITH max(coalesce(earlier.finishedAt, earlier.startedAt)) + duration({milliseconds: 1}) AS earliest, datetime() AS now
MERGE (run:Run {runId: $runId})
  ON CREATE SET
  run.stage = $stage,
  run.status = 'running',
  run.startedAt = CASE WHEN earliest > now THEN earliest ELSE now END,
  run.process = $process,
  run += $settings
RETURN run.runId AS runId;
