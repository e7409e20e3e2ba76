WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) = 1 AS isRated,
  max(isNearProfile) AS isNearProfile, max(isNearUser) AS isNearUser
WITH
  collect([m, graphSum, predictionSum, isRated, isNearProfile, isNearUser]) AS found,
  sum(CASE WHEN graphSum > 0 THEN 1 ELSE 0 END) AS nLinked,
  sum(CASE WHEN predictionSum > 0 THEN 1 ELSE 0 END) AS nPredicted
// Not ORDER BY with LIMIT: every row that it keeps counts all lists of the query as memory.
CALL (found, nLinked) {
  UNWIND found AS row
  WITH row[1] AS graphSum
  WHERE graphSum > 0 AND nLinked > $candidates
  RETURN coalesce(percentileDisc(graphSum, 1.0 - 1.0 * $candidates / nLinked), 0.0) AS leastGraphSum
}
CALL (found, nPredicted) {
  UNWIND found AS row
  WITH row[2] AS predictionSum
  WHERE predictionSum > 0 AND nPredicted > $candidates
  RETURN coalesce(percentileDisc(predictionSum, 1.0 - 1.0 * $candidates / nPredicted), 0.0) AS leastPredictionSum
}
UNWIND found AS row
WITH row[0] AS m, row[1] AS graphSum, row[2] AS predictionSum, row[3] AS isRated,
  row[4] AS isNearProfile, row[5] AS isNearUser, leastGraphSum, leastPredictionSum
WHERE isNearProfile = 1
  OR isNearUser = 1
  OR (graphSum > 0 AND graphSum >= leastGraphSum)
  OR (predictionSum > 0 AND predictionSum >= leastPredictionSum)
RETURN m, graphSum, predictionSum, isRated, isNearProfile, isNearUser, leastGraphSum, leastPredictionSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit,
  // begin _shared/encoder_logit.cypher
  // end _shared/encoder_logit.cypher
  AS encoderLogit
