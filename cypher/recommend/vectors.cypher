// The vectors of some movies.
// Parameters: movieIds LIST<INTEGER | STRING>.
// Returns: movieId INTEGER | STRING; embedding, profileEmbedding, contextEmbedding, encoderEmbedding LIST<FLOAT>
//   or null; likeCount INTEGER or null.
:param movieIds => [1, 260];

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
RETURN
  m.movieId AS movieId,
  m.embedding AS embedding,
  m.profileEmbedding AS profileEmbedding,
  m.contextEmbedding AS contextEmbedding,
  m.encoderEmbedding AS encoderEmbedding,
  m.likeCount AS likeCount
ORDER BY movieId;
