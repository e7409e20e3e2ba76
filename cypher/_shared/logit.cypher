WITH m, sum(term) AS graphSum
RETURN
  m,
  graphSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit,
  EXISTS { (:User {userId: $userId})-[:RATED]->(m) } OR m.movieId IN $likes + $dislikes AS isRated
