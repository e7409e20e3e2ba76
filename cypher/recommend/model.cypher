// Every movie that has a like, with the properties that recommendations are computed from.
// Parameters: sequential BOOLEAN, false: the vectors for answers without the order of likes.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER; ratings
//   INTEGER, users who rated it; embedding, profileEmbedding, contextEmbedding, encoderEmbedding LIST<FLOAT> or null;
//   likeBias, encoderBias FLOAT or null.
:param sequential => true;

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
  CASE WHEN $sequential THEN m.profileEmbedding ELSE m.unorderedProfileEmbedding END AS profileEmbedding,
  CASE WHEN $sequential THEN m.contextEmbedding ELSE m.unorderedContextEmbedding END AS contextEmbedding,
  CASE WHEN $sequential THEN m.likeBias ELSE m.unorderedLikeBias END AS likeBias,
  CASE WHEN $sequential THEN m.encoderEmbedding ELSE m.unorderedEncoderEmbedding END AS encoderEmbedding,
  CASE WHEN $sequential THEN m.encoderBias ELSE m.unorderedEncoderBias END AS encoderBias
ORDER BY movieId;
