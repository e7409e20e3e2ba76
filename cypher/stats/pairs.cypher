// How many pairs of movies at least one user likes both of: the edges that a derivation has to consider.
// Parameters: minRating FLOAT, stars of a like.
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
