// A user's taste as a graph: what they like, each with its two strongest links among the rest.
// Look for: islands. Somebody with several tastes has several; a movie that stands alone is an oddity.
// Parameters: none.
// Returns: movie NODE; c RELATIONSHIP or null; other NODE or null.

MATCH (:User {userId: 1})-[r:RATED]->(m:Movie)
WHERE r.rating >= 5.0
WITH m
ORDER BY m.likeCount DESC, m.movieId
LIMIT 40
WITH collect(m) AS movies
UNWIND movies AS movie
CALL (movie, movies) {
  OPTIONAL MATCH (movie)-[c:CO_LIKED]-(other:Movie)
  WHERE other IN movies
  RETURN c, other
  ORDER BY c.weight DESC, other.movieId
  LIMIT 2
}
RETURN movie, c, other
ORDER BY c.weight DESC, movie.movieId, other.movieId;
