// The most similar movies of each by Jaccard, written as relationships by the Graph Data Science library.
// Parameters: topK INTEGER; concurrency INTEGER.
// Returns: written INTEGER.

CALL gds.nodeSimilarity.write('likes', {
  topK: $topK,
  similarityMetric: 'JACCARD',
  similarityCutoff: 1e-9,
  concurrency: $concurrency,
  writeRelationshipType: 'SIMILAR',
  writeProperty: 'score'
})
YIELD relationshipsWritten
RETURN relationshipsWritten AS written;
