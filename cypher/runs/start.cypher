// Open a Run: a stage is about to change the graph.
// Parameters: runId STRING; stage STRING, load | split | derive | train | rate; process STRING, host:pid:start time; settings MAP.
// Returns: runId STRING.
:param runId => "derive-example";
:param stage => "derive";
:param process => "localhost:1:0";
:param settings => {minRating: 4.0};

MERGE (run:Run {runId: $runId})
ON CREATE SET
  run.stage = $stage,
  run.status = 'running',
  run.startedAt = datetime(),
  run.process = $process,
  run += $settings
RETURN run.runId AS runId;
