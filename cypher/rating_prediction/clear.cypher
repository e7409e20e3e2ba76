// Remove the rating model's vectors from users and movies.
// Parameters: none.
// Returns: nodes INTEGER.

MATCH (n:User|Movie)
WHERE n.ratingEmbedding IS NOT NULL
CALL (n) {
  REMOVE n.ratingEmbedding
} IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS nodes;
