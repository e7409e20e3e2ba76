// Create PREDICTS relationships, many at once; position i of sources, targets and weights belongs together.
// Parameters: movieIds LIST<INTEGER | STRING>, of all movies that are linked; sources LIST<INTEGER>, positions in
//   movieIds of the movies to start from; targets LIST<INTEGER>, of those to end at; weights LIST<FLOAT>; generation
//   INTEGER, 0 or 1: not that of the live model, so that nobody reads them yet.
// Returns: edges INTEGER.
:param movieIds => [1, 2];
:param sources => [0];
:param targets => [1];
:param weights => [0.05];
:param generation => 1;

// Each movie is looked up once: that is faster than once for each of its pairs.
UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
WITH i, m
ORDER BY i
WITH collect(m) AS movies
UNWIND range(0, size($sources) - 1) AS i
WITH movies[$sources[i]] AS a, movies[$targets[i]] AS b, $weights[i] AS weight
CREATE (a)-[:PREDICTS {weight: weight, generation: $generation}]->(b)
RETURN count(*) AS edges;
