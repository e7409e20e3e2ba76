// The pairs of movies by following relationships: LIKED to the users and back. What derive did before it kept lists.
// Parameters: denominator FLOAT; minWeight FLOAT.
// Returns: edges INTEGER.

MATCH (a:Movie)
WHERE a.likeCount > 0
CALL (a) {
  MATCH (a)<-[:LIKED]-(:User)-[:LIKED]->(b:Movie)
  WITH a, b, count(*) AS xy
  WHERE a.movieId < b.movieId
  WITH xy * (log(xy) - log(a.likeCount) - log(b.likeCount) + log($denominator)) AS weight
  WHERE weight >= $minWeight
  RETURN count(*) AS n
}
RETURN sum(n) AS edges;
