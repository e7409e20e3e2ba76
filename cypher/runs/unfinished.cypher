// Runs of these stages that were opened and never closed.
// Parameters: stages LIST<STRING>, of load, split, derive, train.
// Returns: runId STRING, process STRING (host:pid:start time of the program that opened it).
:param stages => ["load", "split", "derive"];

MATCH (run:Run {status: 'running'})
WHERE run.stage IN $stages
RETURN run.runId AS runId, run.process AS process
ORDER BY runId;
