// The strongest pairs by each of five measures, side by side.
// Look for: the difference along a row. Count finds what is popular, lift what is rare, xy_pmi lies between.
// Parameters: none.
// Returns: rank INTEGER; byCount, byLift, byJaccard, byCosine, byXyPmi STRING, the titles of a pair.

// begin _shared/last_done_derive.cypher
MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
// end _shared/last_done_derive.cypher
MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie)
WITH a.title + '  +  ' + b.title AS pair, toFloat(derive.users) AS d,
  toFloat(c.count) AS xy, toFloat(a.likeCount) AS x, toFloat(b.likeCount) AS y
WITH pair, xy, xy * d / (x * y) AS lift, xy / (x + y - xy) AS jaccard, xy / sqrt(x * y) AS cosine
WITH collect({pair: pair, xy: xy, lift: lift, jaccard: jaccard, cosine: cosine, xyPmi: xy * log(lift)}) AS pairs
CALL (pairs) {
  UNWIND pairs AS p
  WITH p
  ORDER BY p.xy DESC, p.pair
  RETURN collect(p.pair)[..10] AS byCount
}
CALL (pairs) {
  UNWIND pairs AS p
  WITH p
  ORDER BY p.lift DESC, p.pair
  RETURN collect(p.pair)[..10] AS byLift
}
CALL (pairs) {
  UNWIND pairs AS p
  WITH p
  ORDER BY p.jaccard DESC, p.pair
  RETURN collect(p.pair)[..10] AS byJaccard
}
CALL (pairs) {
  UNWIND pairs AS p
  WITH p
  ORDER BY p.cosine DESC, p.pair
  RETURN collect(p.pair)[..10] AS byCosine
}
CALL (pairs) {
  UNWIND pairs AS p
  WITH p
  ORDER BY p.xyPmi DESC, p.pair
  RETURN collect(p.pair)[..10] AS byXyPmi
}
UNWIND range(0, size(byCount) - 1) AS i
RETURN
  i + 1 AS rank,
  byCount[i] AS byCount,
  byLift[i] AS byLift,
  byJaccard[i] AS byJaccard,
  byCosine[i] AS byCosine,
  byXyPmi[i] AS byXyPmi
ORDER BY rank;
