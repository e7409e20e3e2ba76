CALL () {
  UNWIND CASE WHEN $popularity = 0 THEN [] ELSE [1] END AS one
  MATCH (m:Movie)
  RETURN coalesce(max(m.likeCount), 1) AS maxLikeCount
}
