// The hubs: movies with the most links.
// Look for: links per like. A hub that few people like leads into many corners; a popular one is just everywhere.
// Parameters: none.
// Returns: title STRING; links INTEGER; likes INTEGER; linksPerLike FLOAT.

MATCH (m:Movie)
WITH m, COUNT { (m)-[:CO_LIKED]-() } AS links
WHERE links > 0
RETURN m.title AS title, links, m.likeCount AS likes, round(1.0 * links / m.likeCount, 2) AS linksPerLike
ORDER BY links DESC, title
LIMIT 20;
