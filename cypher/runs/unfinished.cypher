// Runs of one stage that were opened and never closed.
// Parameters: stage STRING, load | split | derive | train.
// Returns: runId STRING, process STRING (host:pid:start time of the program that opened it).
:param stage => "derive";

MATCH (run:Run {stage: $stage, status: 'running'})
RETURN run.runId AS runId, run.process AS process
ORDER BY runId;
