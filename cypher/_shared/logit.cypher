WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) AS isRated
WHERE m.likeIndex >= 0 AND m.likeCount > 0 // a derivation since the training may have left some without
RETURN
  m,
  graphSum,
  predictionSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit,
  // begin _shared/encoder_logit.cypher
  // end _shared/encoder_logit.cypher
  AS encoderLogit,
  isRated = 1 OR m.movieId IN $likes + $dislikes AS isRated
