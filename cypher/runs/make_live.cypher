// Name the Run whose vectors the movies carry.
// Parameters: runId STRING, of a train Run; generation INTEGER or null, of the PREDICTS relationships that are its own.
// Returns: runId STRING.
:param runId => 'train-example';
:param generation => null;

OPTIONAL MATCH (old:Run {stage: 'train', live: true})
REMOVE old.live
WITH count(old) AS replaced
MATCH (run:Run {runId: $runId})
SET run.live = true, run.predictionGeneration = $generation
RETURN run.runId AS runId;
