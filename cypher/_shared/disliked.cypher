CALL () {
  UNWIND $dislikes AS movieId
  MATCH (m:Movie {movieId: movieId})
  RETURN collect(m.profileEmbedding) AS disliked
}
