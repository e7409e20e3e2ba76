// Link two movies by how many users liked both, times the pointwise mutual information of that.
// xy = users who liked both, x and y = users who liked each, D = users (or likes) in all:
//   pmi = ln(xy) - ln(x) - ln(y) + ln(D);  weight = xy * pmi, in nats times users.
// Parameters: denominator INTEGER, D, >= 1; minWeight FLOAT, > 0; minCount INTEGER, >= 1.
// Returns: movies INTEGER, source movies gone through.
:param denominator => 609;
:param minWeight => 5.0;
:param minCount => 1;

MATCH (a:Movie)
WHERE a.likeCount > 0
WITH a
ORDER BY a.movieId
CALL (a) {
  MATCH (a)<-[:LIKED]-(:User)-[:LIKED]->(b:Movie)
  // Counting first and comparing ids after it beats the other order: it halves the rows, not the work.
  WITH a, b, count(*) AS xy
  WHERE a.movieId < b.movieId AND xy >= $minCount
  WITH a, b, xy, xy * (log(xy) - log(a.likeCount) - log(b.likeCount) + log($denominator)) AS weight
  WHERE weight >= $minWeight
  CREATE (a)-[:CO_LIKED {count: xy, weight: weight}]->(b)
} IN TRANSACTIONS OF 200 ROWS
RETURN count(a) AS movies;
