// The ratings of a CSV file, read by the server itself: what a user would write by hand.
// Parameters: url STRING.
// Returns: ratings INTEGER.
:param url => "file:///ratings.csv";

LOAD CSV WITH HEADERS FROM $url AS row
CALL (row) {
  MERGE (u:User {userId: toInteger(row.userId)})
  WITH u, row
  MATCH (m:Movie {movieId: toInteger(row.movieId)})
  MERGE (u)-[r:RATED]->(m)
  SET r.rating = toFloat(row.rating), r.timestamp = toInteger(row.timestamp)
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
