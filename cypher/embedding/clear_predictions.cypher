// Delete the PREDICTS relationships that are not of the live model; commits by itself, in batches.
// Parameters: none.
// Returns: edges INTEGER.

OPTIONAL MATCH (train:Run {stage: 'train', live: true})
WITH [train.predictionGeneration, train.unorderedPredictionGeneration] AS live
MATCH (:Movie)-[p:PREDICTS]->(:Movie)
WHERE NOT coalesce(p.generation IN live, false)
CALL (p) { DELETE p } IN TRANSACTIONS OF 20000 ROWS
RETURN count(*) AS edges;
