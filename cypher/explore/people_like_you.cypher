// The people whose likes are most like a user's.
// Look for: onlyTheirs, what they like and the user has not rated. A recommender of neighbours would take that.
// Parameters: userId INTEGER; minRating FLOAT, stars; k INTEGER, >= 1.
// Returns: userId INTEGER; both INTEGER, likes in common; jaccard FLOAT; onlyTheirs LIST<STRING>.
:param userId => 1;
:param minRating => 4.0;
:param k => 10;

MATCH (user:User {userId: $userId})-[r:RATED]->(:Movie)<-[s:RATED]-(other:User)
WHERE r.rating >= $minRating AND s.rating >= $minRating
WITH user, other, count(*) AS both
WITH user, other, both,
  COUNT { (user)-[mine:RATED]->() WHERE mine.rating >= $minRating } AS ofUser,
  COUNT { (other)-[theirs:RATED]->() WHERE theirs.rating >= $minRating } AS ofOther
WITH user, other, both, 1.0 * both / (ofUser + ofOther - both) AS jaccard
ORDER BY jaccard DESC, other.userId
LIMIT $k
CALL (user, other) {
  MATCH (other)-[s:RATED]->(m:Movie)
  WHERE s.rating >= $minRating AND NOT EXISTS { (user)-[:RATED]->(m) }
  WITH m
  ORDER BY s.rating DESC, m.likeCount DESC, m.movieId
  LIMIT 3
  RETURN collect(m.title) AS onlyTheirs
}
RETURN other.userId AS userId, both, round(jaccard, 3) AS jaccard, onlyTheirs
ORDER BY jaccard DESC, userId;
