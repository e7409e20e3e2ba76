WITH m, sum(term) AS graphSum, max(isRated) = 1 AS isRated, max(isNear) AS isNear
WITH collect([m, graphSum, isRated, isNear]) AS found, sum(CASE WHEN graphSum > 0 THEN 1 ELSE 0 END) AS nLinked
// Not ORDER BY with LIMIT: every row that it keeps counts all lists of the query as memory.
CALL (found, nLinked) {
  UNWIND found AS row
  WITH row[1] AS graphSum
  WHERE graphSum > 0 AND nLinked > $candidates
  RETURN coalesce(percentileDisc(graphSum, 1.0 - 1.0 * $candidates / nLinked), 0.0) AS leastGraphSum
}
UNWIND found AS row
WITH row[0] AS m, row[1] AS graphSum, row[2] AS isRated, row[3] AS isNear, leastGraphSum
WHERE isNear = 1 OR (graphSum > 0 AND graphSum >= leastGraphSum)
RETURN m, graphSum, isRated, isNear, leastGraphSum,
  // begin _shared/logit_value.cypher
  // end _shared/logit_value.cypher
  AS logit
