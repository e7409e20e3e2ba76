// Near a movie in the space of vectors, but not linked to it.
// Look for: movies with few likes. Too few people know both, and the vectors found them over common neighbours.
// Parameters: none.
// Returns: title STRING; cosine FLOAT; likes INTEGER.

MATCH (a:Movie {title: 'Toy Story (1995)'}), (b:Movie)
WHERE b.embedding IS NOT NULL AND a <> b AND NOT EXISTS { (a)-[:CO_LIKED]-(b) }
WITH b, 2 * vector.similarity.cosine(a.embedding, b.embedding) - 1 AS cosine
RETURN b.title AS title, round(cosine, 3) AS cosine, b.likeCount AS likes
ORDER BY cosine DESC, title
LIMIT 10;
