CASE
  WHEN $userEmbedding IS NULL THEN null
  WHEN userNorm = 0 OR m.encoderNorm = 0 THEN m.encoderBias
  ELSE m.encoderBias
    + (2.0 * vector.similarity.cosine($userEmbedding, m.encoderEmbedding) - 1.0)
      * userNorm * m.encoderNorm
END
