// The users whose likes are most similar to a user's.
// Look for: onlyTheirs, what they like and the user has not rated. A recommender of neighbours would take that.
// Parameters: none.
// Returns: userId INTEGER | STRING; both INTEGER, likes in common; jaccard FLOAT; onlyTheirs LIST<STRING>.

MATCH (user:User {userId: 1})-[r:RATED]->(:Movie)<-[s:RATED]-(other:User)
WHERE r.rating >= 4.0 AND s.rating >= 4.0
WITH user, other, count(*) AS both
WITH user, other, both,
  COUNT { (user)-[mine:RATED]->() WHERE mine.rating >= 4.0 } AS ofUser,
  COUNT { (other)-[theirs:RATED]->() WHERE theirs.rating >= 4.0 } AS ofOther
WITH user, other, both, 1.0 * both / (ofUser + ofOther - both) AS jaccard
ORDER BY jaccard DESC, other.userId
LIMIT 10
CALL (user, other) {
  MATCH (other)-[s:RATED]->(m:Movie)
  WHERE s.rating >= 4.0 AND NOT EXISTS { (user)-[:RATED]->(m) }
  WITH m
  ORDER BY s.rating DESC, m.likeCount DESC, m.movieId
  LIMIT 3
  RETURN collect(m.title) AS onlyTheirs
}
RETURN other.userId AS userId, both, round(jaccard, 3) AS jaccard, onlyTheirs
ORDER BY jaccard DESC, userId;
