// Vectors by the Graph Data Science library's FastRP, as the property gdsEmbedding.
// Parameters: size INTEGER; seed INTEGER; concurrency INTEGER.
// Returns: movies INTEGER; seconds FLOAT, of computing alone.

CALL gds.fastRP.write('coLiked', {
  relationshipWeightProperty: 'weight',
  embeddingDimension: $size,
  randomSeed: $seed,
  concurrency: $concurrency,
  writeProperty: 'gdsEmbedding'
})
YIELD nodePropertiesWritten, computeMillis
RETURN nodePropertiesWritten AS movies, computeMillis / 1000.0 AS seconds;
