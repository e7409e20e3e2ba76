// The PREDICTS relationships of the live model, as lists per start node.
// Parameters: none.
// Returns: movieId INTEGER | STRING; targets LIST<INTEGER | STRING>, movieIds; weights LIST<FLOAT>.

MATCH (train:Run {stage: 'train', live: true})
MATCH (a:Movie)
WHERE a.likeIndex >= 0
CALL (train, a) {
  MATCH (a)-[p:PREDICTS {generation: train.predictionGeneration}]->(b:Movie)
  WITH p.weight AS weight, b.movieId AS target
  ORDER BY weight DESC, target
  RETURN collect(target) AS targets, collect(weight) AS weights
}
WITH a.movieId AS movieId, targets, weights
WHERE targets <> []
RETURN movieId, targets, weights
ORDER BY movieId;
