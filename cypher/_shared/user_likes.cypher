CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH m.likeIndex AS index,
    // begin _shared/decay.cypher
    // end _shared/decay.cypher
    AS decay
  ORDER BY r.timestamp DESC, m.movieId
  RETURN collect(index) AS allIndexes, collect(decay) AS allDecays
}
