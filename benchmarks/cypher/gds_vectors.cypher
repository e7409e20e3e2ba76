// The vectors that the library wrote.
// Parameters: none.
// Returns: movieId INTEGER; embedding LIST<FLOAT>.

MATCH (m:Movie)
WHERE m.gdsEmbedding IS NOT NULL
RETURN m.movieId AS movieId, m.gdsEmbedding AS embedding
ORDER BY movieId;
