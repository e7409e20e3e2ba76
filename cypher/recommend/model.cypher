// Every movie that has a like, with the properties that recommendations are computed from.
// Parameters: none.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER; ratings
//   INTEGER, users who rated it; embedding, profileEmbedding, contextEmbedding, encoderEmbedding LIST<FLOAT> or null;
//   likeBias, encoderBias FLOAT or null.

MATCH (m:Movie)
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  COUNT { (m)<-[:RATED]-() } AS ratings,
  m.embedding AS embedding,
  m.profileEmbedding AS profileEmbedding,
  m.contextEmbedding AS contextEmbedding,
  m.likeBias AS likeBias,
  m.encoderEmbedding AS encoderEmbedding,
  m.encoderBias AS encoderBias
ORDER BY movieId;
