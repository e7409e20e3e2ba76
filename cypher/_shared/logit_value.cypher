CASE
  WHEN profile IS NULL THEN null
  // A vector of zeros has no cosine.
  WHEN norm = 0 OR m.contextNorm = 0 THEN m.likeBias
  // vector.similarity.cosine is (1 + cosine) / 2; this turns it back, and the norms make it a product.
  ELSE m.likeBias
    + (2.0 * vector.similarity.cosine(profile, m.contextEmbedding) - 1.0) * norm * m.contextNorm
END
