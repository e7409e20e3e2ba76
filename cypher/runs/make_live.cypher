// Name the Run whose vectors the movies carry.
// Parameters: runId STRING, of a train Run; genreDimensions INTEGER, how many numbers of a profile vector stand for
//   genres; generation INTEGER or null, of the PREDICTS relationships that are its own; unorderedGeneration INTEGER or
//   null, of those for answers without the order of likes, if it has both.
// Returns: runId STRING.
:param runId => 'train-example';
:param genreDimensions => 0;
:param generation => null;
:param unorderedGeneration => null;

OPTIONAL MATCH (old:Run {stage: 'train', live: true})
REMOVE old.live
WITH count(old) AS replaced
MATCH (run:Run {runId: $runId})
SET
  run.live = true,
  run.genreDimensions = $genreDimensions,
  run.predictionGeneration = $generation,
  run.unorderedPredictionGeneration = $unorderedGeneration
RETURN run.runId AS runId;
