// A user's taste as a graph: what they like, and how it hangs together.
// Look for: islands. Somebody with several tastes has several; a movie that stands alone is an oddity.
// Parameters: none.
// Returns: a NODE, c RELATIONSHIP or null, b NODE or null.

MATCH (:User {userId: 1})-[r:RATED]->(m:Movie)
WHERE r.rating >= 5.0
WITH m
ORDER BY m.likeCount DESC, m.movieId
LIMIT 30
WITH collect(m) AS movies
UNWIND movies AS a
OPTIONAL MATCH (a)-[c:CO_LIKED]->(b:Movie)
WHERE b IN movies
RETURN a, c, b
ORDER BY c.weight DESC, a.movieId, b.movieId;
