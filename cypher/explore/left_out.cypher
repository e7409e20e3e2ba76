// Liked by several, but without a link: what the thresholds of the derivation leave out.
// Look for: high numbers of likes. If there are any, derive with a lower --min-weight or --min-count.
// Parameters: none.
// Returns: title STRING; likes INTEGER.

MATCH (m:Movie)
WHERE m.likeCount > 0 AND NOT EXISTS { (m)-[:CO_LIKED]-() }
RETURN m.title AS title, m.likeCount AS likes
ORDER BY likes DESC, title
LIMIT 20;
