// The number of pairs of movies that at least one user likes both of: what a derivation has to weight.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: pairs INTEGER.
:param minRating => 4.0;

MATCH (a:Movie)
CALL (a) {
  MATCH (a)<-[x:RATED]-(:User)-[y:RATED]->(b:Movie)
  WHERE x.rating >= $minRating AND y.rating >= $minRating
  WITH DISTINCT b
  RETURN count(b) AS others
}
RETURN sum(others) / 2 AS pairs;
