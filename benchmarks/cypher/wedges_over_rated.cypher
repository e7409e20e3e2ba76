// Count pairs by filtering RATED on both sides: the form that derive does not use.
// Parameters: minRating FLOAT.
// Returns: edges INTEGER; weight FLOAT, their sum.
:param minRating => 5.0;

MATCH (a:Movie)
WHERE a.likeCount > 0
CALL (a) {
  MATCH (a)<-[r1:RATED]-(:User)-[r2:RATED]->(b:Movie)
  WHERE r1.rating >= $minRating AND r2.rating >= $minRating
  WITH a, b, count(*) AS xy
  WHERE a.movieId < b.movieId
  RETURN count(*) AS n, sum(xy) AS w
}
RETURN sum(n) AS edges, sum(w) AS weight;
