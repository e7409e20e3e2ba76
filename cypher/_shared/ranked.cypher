WITH
  train,
  max(CASE WHEN NOT isRated THEN logit END) AS maxLogit,
  max(CASE WHEN NOT isRated THEN graphSum END) AS maxGraphSum,
  max(CASE WHEN NOT isRated THEN predictionSum END) AS maxPredictionSum,
  max(CASE WHEN NOT isRated THEN encoderLogit END) AS maxEncoderLogit,
  max(m.likeCount) AS maxLikeCount,
  collect([m, logit, graphSum, predictionSum, encoderLogit, isRated]) AS candidates
UNWIND candidates AS candidate
WITH candidate[0] AS m, candidate[5] AS isRated, maxLikeCount,
  // begin _shared/candidate_scores.cypher
  // end _shared/candidate_scores.cypher
WHERE ($withRated OR NOT isRated)
  AND NOT m.movieId IN $exclude
  // begin _shared/filters.cypher
  // end _shared/filters.cypher
WITH m, profileScore, graphScore, predictionScore, encoderScore,
  (profileScore + graphScore + predictionScore + encoderScore) * (1.0 * m.likeCount / maxLikeCount) ^ $popularity
  AS score
WHERE score > 0
// An aggregation lets go of the list of candidates, which ORDER BY would count as memory for every row that it keeps.
WITH m, profileScore, graphScore, predictionScore, encoderScore, max(score) AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  profileScore,
  graphScore,
  predictionScore,
  encoderScore
