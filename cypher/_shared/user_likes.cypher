CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH m.likeIndex AS index,
    // [shared decay]
    // [end]
    AS decay
  ORDER BY r.timestamp DESC, m.movieId
  RETURN collect(index) AS allIndexes, collect(decay) AS allDecays
}
