// Vectors by the Graph Data Science library's node2vec, as the property gdsEmbedding.
// Parameters: walksPerNode INTEGER; walkLength INTEGER; windowSize INTEGER; negatives INTEGER; size INTEGER;
//   iterations INTEGER; seed INTEGER; concurrency INTEGER; p FLOAT; q FLOAT.
// Returns: movies INTEGER; seconds FLOAT, of walking and training alone.

CALL gds.node2vec.write('coLiked', {
  relationshipWeightProperty: 'weight',
  walksPerNode: $walksPerNode,
  walkLength: $walkLength,
  returnFactor: $p,
  inOutFactor: $q,
  windowSize: $windowSize,
  negativeSamplingRate: $negatives,
  embeddingDimension: $size,
  iterations: $iterations,
  randomSeed: $seed,
  concurrency: $concurrency,
  writeProperty: 'gdsEmbedding'
})
YIELD nodePropertiesWritten, computeMillis
RETURN nodePropertiesWritten AS movies, computeMillis / 1000.0 AS seconds;
