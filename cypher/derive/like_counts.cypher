// Put on every movie how many users liked it.
// Parameters: none.
// Returns: movies INTEGER, how many anybody liked.

MATCH (m:Movie)
CALL (m) {
  SET m.likeCount = COUNT { (m)<-[:LIKED]-() }
} IN TRANSACTIONS OF 10000 ROWS
WITH m
WHERE m.likeCount > 0
RETURN count(m) AS movies;
