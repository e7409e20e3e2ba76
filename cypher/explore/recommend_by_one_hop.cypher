// Recommendations in one hop: what is linked to what a user likes.
// Look for: what "movierec recommend" puts elsewhere. It adds how near the vectors are.
// Parameters: none.
// Returns: title STRING; score FLOAT; because LIST<STRING>, the liked movies that contribute most.

MATCH (user:User {userId: 1})-[r:RATED]->(liked:Movie)-[c:CO_LIKED]-(m:Movie)
WHERE r.rating >= 4.0 AND NOT EXISTS { (user)-[:RATED]->(m) }
WITH m, liked, c
ORDER BY c.weight DESC, liked.movieId
WITH m, sum(c.weight) AS score, collect(liked.title)[..3] AS because
RETURN m.title AS title, round(score, 1) AS score, because
ORDER BY score DESC, title
LIMIT 10;
