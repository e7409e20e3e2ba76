MATCH (:User {userId: $userId})-[:RATED]->(m)
RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated
