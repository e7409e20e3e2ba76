// A user's taste as a graph: what they like, and how it hangs together.
// Look for: islands. Somebody with several tastes has several; a movie that stands alone is an oddity.
// Parameters: userId INTEGER; minRating FLOAT, stars; k INTEGER, >= 1, movies.
// Returns: a NODE, c RELATIONSHIP or null, b NODE or null.
:param userId => 1;
:param minRating => 5.0;
:param k => 30;

MATCH (:User {userId: $userId})-[r:RATED]->(m:Movie)
WHERE r.rating >= $minRating
WITH m
ORDER BY m.likeCount DESC, m.movieId
LIMIT $k
WITH collect(m) AS movies
UNWIND movies AS a
OPTIONAL MATCH (a)-[c:CO_LIKED]->(b:Movie)
WHERE b IN movies
RETURN a, c, b
ORDER BY c.weight DESC, a.movieId, b.movieId;
