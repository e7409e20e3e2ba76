// Hidden gems: known to few, rated highly, and linked to what many like.
// Look for: linkedTo, which tells whose fans may want to see it.
// Parameters: none.
// Returns: title STRING; mean FLOAT, stars; ratings INTEGER; linkedTo LIST<STRING>.

MATCH (m:Movie)-[c:CO_LIKED]-(known:Movie)
WHERE m.likeCount <= 15 AND known.likeCount > 2 * 15
WITH m, c, known
ORDER BY c.weight DESC, known.movieId
WITH m, collect(known.title)[..3] AS linkedTo
CALL (m) {
  MATCH (m)<-[r:RATED]-(:User)
  RETURN avg(r.rating) AS mean, count(*) AS ratings
}
WITH m, mean, ratings, linkedTo
WHERE ratings >= 5
RETURN m.title AS title, round(mean, 2) AS mean, ratings, linkedTo
ORDER BY mean DESC, ratings DESC, title
LIMIT 15;
