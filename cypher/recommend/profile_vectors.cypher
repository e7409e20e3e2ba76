// What some likes add to a user's profile.
// Parameters: movieIds LIST<INTEGER | STRING>.
// Returns: movieId INTEGER | STRING; profileEmbedding LIST<FLOAT> or null.
:param movieIds => [1, 260];

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
RETURN m.movieId AS movieId, m.profileEmbedding AS profileEmbedding
ORDER BY movieId;
