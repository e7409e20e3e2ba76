MATCH (:User {userId: $userId})-[:RATED]->(m)
RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated, 0 AS isNearProfile, 0 AS isNearUser
UNION ALL
UNWIND $likes + $dislikes AS movieId
MATCH (m:Movie {movieId: movieId})
RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated, 0 AS isNearProfile, 0 AS isNearUser
UNION ALL
UNWIND CASE WHEN profile IS NULL THEN [] ELSE [profile + [1.0, 0.0]] END AS vector
CALL db.index.vector.queryNodes('movie_logit', $candidates, vector) YIELD node AS m
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m, 0.0 AS term, 0.0 AS predicted, 0 AS isRated, 1 AS isNearProfile, 0 AS isNearUser
UNION ALL
UNWIND CASE WHEN $userEmbedding IS NULL THEN [] ELSE [$userEmbedding + [1.0, 0.0]] END AS vector
CALL db.index.vector.queryNodes('movie_encoder_logit', $candidates, vector) YIELD node AS m
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m, 0.0 AS term, 0.0 AS predicted, 0 AS isRated, 0 AS isNearProfile, 1 AS isNearUser
