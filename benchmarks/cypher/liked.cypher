// A LIKED relationship for every rating that is a like.
// Parameters: minRating FLOAT.
// Returns: likes INTEGER.

MATCH (u:User)
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  CREATE (u)-[:LIKED]->(m)
  RETURN count(*) AS n
} IN TRANSACTIONS OF 200 ROWS
RETURN sum(n) AS likes;
