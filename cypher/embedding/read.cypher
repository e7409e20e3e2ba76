// All vectors, with what describes their movies.
// Parameters: none.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, embedding
//   LIST<FLOAT>.

MATCH (m:Movie)
WHERE m.embedding IS NOT NULL
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  m.embedding AS embedding
ORDER BY movieId;
