// Name the Run whose vectors the movies carry.
// Parameters: runId STRING, of a train Run.
// Returns: runId STRING.
:param runId => 'train-example';

OPTIONAL MATCH (old:Run {stage: 'train', live: true})
REMOVE old.live
WITH count(old) AS replaced
MATCH (run:Run {runId: $runId})
SET run.live = true
RETURN run.runId AS runId;
