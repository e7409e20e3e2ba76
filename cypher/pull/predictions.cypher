// The PREDICTS relationships of the live model, as lists per start node.
// Parameters: generation INTEGER or null, as the Run of the model has it.
// Returns: movieId INTEGER | STRING; targets LIST<INTEGER | STRING>, movieIds; weights LIST<FLOAT>.
:param generation => 0;

MATCH (a:Movie)
WHERE a.likeIndex >= 0
CALL (a) {
  MATCH (a)-[p:PREDICTS {generation: $generation}]->(b:Movie)
  WITH p.weight AS weight, b.movieId AS target
  ORDER BY weight DESC, target
  RETURN collect(target) AS targets, collect(weight) AS weights
}
WITH a.movieId AS movieId, targets, weights
WHERE targets <> []
RETURN movieId, targets, weights
ORDER BY movieId;
