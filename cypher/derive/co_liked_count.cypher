// Link two movies by how many users liked both: weight = xy.
// Parameters: minWeight FLOAT, > 0; minCount INTEGER, >= 1.
// Returns: movies INTEGER, source movies gone through.
:param minWeight => 10.0;
:param minCount => 10;

MATCH (a:Movie)
WHERE a.likeCount > 0
WITH a
ORDER BY a.movieId
CALL (a) {
  MATCH (a)<-[:LIKED]-(:User)-[:LIKED]->(b:Movie)
  WITH a, b, count(*) AS xy
  WHERE a.movieId < b.movieId AND xy >= $minCount AND xy >= $minWeight
  CREATE (a)-[:CO_LIKED {count: xy, weight: toFloat(xy)}]->(b)
} IN TRANSACTIONS OF 200 ROWS
RETURN count(a) AS movies;
