// Delete some PREDICTS relationships that are not of the live model.
// Parameters: limit INTEGER, how many.
// Returns: edges INTEGER, how many there were, up to the limit.
:param limit => 50000;

OPTIONAL MATCH (train:Run {stage: 'train', live: true})
WITH [train.predictionGeneration, train.unorderedPredictionGeneration] AS live
MATCH (:Movie)-[p:PREDICTS]->(:Movie)
WHERE NOT coalesce(p.generation IN live, false)
WITH p
LIMIT $limit
DELETE p
RETURN count(*) AS edges;
