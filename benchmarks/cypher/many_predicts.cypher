// Create PREDICTS relationships for both questions, many at once; position i of all lists belongs together.
// Parameters: sources LIST<INTEGER>, movieIds; targets LIST<INTEGER>, movieIds; weights LIST<FLOAT>.
// Returns: relationships INTEGER.

MATCH (train:Run {stage: 'train', live: true})
UNWIND range(0, size($sources) - 1) AS i
MATCH (a:Movie {movieId: $sources[i]})
MATCH (b:Movie {movieId: $targets[i]})
UNWIND [train.predictionGeneration, train.unorderedPredictionGeneration] AS generation
CREATE (a)-[r:PREDICTS {weight: $weights[i], generation: generation}]->(b)
RETURN count(r) AS relationships;
