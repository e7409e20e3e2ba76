// What some likes add to a user's profile.
// Parameters: movieIds LIST<INTEGER | STRING>; sequential BOOLEAN, false: those for answers without the order of likes.
// Returns: movieId INTEGER | STRING; profileEmbedding LIST<FLOAT> or null.
:param movieIds => [1, 260];
:param sequential => true;

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
RETURN
  m.movieId AS movieId,
  CASE WHEN $sequential THEN m.profileEmbedding ELSE m.unorderedProfileEmbedding END AS profileEmbedding
ORDER BY movieId;
