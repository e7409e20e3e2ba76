WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) AS isRated
RETURN
  m,
  graphSum,
  predictionSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit,
  isRated = 1 OR m.movieId IN $likes + $dislikes AS isRated
