// Runs of these stages that were started and never finished.
// Parameters: stages LIST<STRING>, of load | split | derive | train | rating-model.
// Returns: runId STRING, stage STRING, process STRING (host:pid:start time of the program that started it).
:param stages => ['load', 'split', 'derive'];

MATCH (run:Run {status: 'running'})
WHERE run.stage IN $stages
RETURN run.runId AS runId, run.stage AS stage, run.process AS process
ORDER BY runId;
