MATCH (:User {userId: $userId})-[:RATED]->(m:Movie)
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated
