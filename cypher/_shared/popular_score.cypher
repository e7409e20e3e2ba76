// A movie that nobody likes counts as one that one user likes; what is below 0 would turn round.
score * CASE
  WHEN $popularity = 0 OR score <= 0 THEN 1.0
  ELSE (1.0 * CASE WHEN m.likeCount > 1 THEN m.likeCount ELSE 1 END / maxLikeCount) ^ $popularity
END AS score
