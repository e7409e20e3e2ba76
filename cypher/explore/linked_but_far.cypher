// Linked, but far apart in the space of vectors.
// Look for: two popular movies of different kinds. Many like both, but for other reasons.
// Parameters: none.
// Returns: title, otherTitle STRING; likedBoth INTEGER; cosine FLOAT.

MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie)
WHERE c.count >= 15 AND a.embedding IS NOT NULL AND b.embedding IS NOT NULL
WITH a, b, c, 2 * vector.similarity.cosine(a.embedding, b.embedding) - 1 AS cosine
RETURN a.title AS title, b.title AS otherTitle, c.count AS likedBoth, round(cosine, 3) AS cosine
ORDER BY cosine, title, otherTitle
LIMIT 15;
