WITH m, sum(term) AS graphSum
RETURN
  m,
  graphSum,
  CASE
    WHEN profile IS NULL THEN null
    // A vector of zeros has no cosine.
    WHEN length = 0 OR m.contextLength = 0 THEN m.likeBias
    // vector.similarity.cosine is (1 + cosine) / 2; this turns it back, and the lengths make it a product.
    ELSE m.likeBias
      + (2.0 * vector.similarity.cosine(profile, m.contextEmbedding) - 1.0) * length * m.contextLength
  END AS logit,
  EXISTS { (:User {userId: $userId})-[:RATED]->(m) } OR m.movieId IN $likes + $dislikes AS isRated
