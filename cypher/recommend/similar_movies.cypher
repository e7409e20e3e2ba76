// Movies whose vectors lie nearest to one movie's, best first: cosine over every vector, so exact.
// Parameters: movieId INTEGER; k INTEGER, >= 1.
// Returns: movieId INTEGER, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER,
//   score FLOAT (cosine, -1 to 1).
:param movieId => 2571;
:param k => 10;

MATCH (query:Movie {movieId: $movieId})
MATCH (m:Movie)
WHERE m.embedding IS NOT NULL AND m <> query
// vector.similarity.cosine is (1 + cosine) / 2; this turns it back.
WITH m, 2.0 * vector.similarity.cosine(query.embedding, m.embedding) - 1.0 AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score
ORDER BY score DESC, movieId;
