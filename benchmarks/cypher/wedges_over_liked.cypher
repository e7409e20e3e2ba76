// Count pairs by expanding LIKED, as derive does.
// Parameters: none.
// Returns: edges INTEGER; weight FLOAT, their sum.

MATCH (a:Movie)
WHERE a.likeCount > 0
CALL (a) {
  MATCH (a)<-[:LIKED]-(:User)-[:LIKED]->(b:Movie)
  WITH a, b, count(*) AS xy
  WHERE a.movieId < b.movieId
  RETURN count(*) AS n, sum(xy) AS w
}
RETURN sum(n) AS edges, sum(w) AS weight;
