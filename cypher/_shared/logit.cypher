WITH m, sum(term) AS graphSum, max(isRated) AS isRated
RETURN
  m,
  graphSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit,
  isRated = 1 OR m.movieId IN $likes + $dislikes AS isRated
