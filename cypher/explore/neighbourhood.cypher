// One movie and those most strongly linked with it, each with its two strongest links among them.
// Look for: neighbours that hang together by themselves, such as the parts of a series.
// Browser must not add the links that were left out: run ":config autoComplete: false" first.
// Parameters: none.
// Returns: a NODE, c RELATIONSHIP, b NODE.

MATCH (centre:Movie {title: 'Star Wars: Episode IV - A New Hope (1977)'})-[near:CO_LIKED]-(neighbour:Movie)
WITH centre, neighbour, near
ORDER BY near.weight DESC, neighbour.movieId
LIMIT 14
WITH centre, collect(neighbour) AS neighbours
WITH [centre] + neighbours AS movies
UNWIND movies AS movie
CALL (movie, movies) {
  MATCH (movie)-[c:CO_LIKED]-(other:Movie)
  WHERE other IN movies
  RETURN c
  ORDER BY c.weight DESC, other.movieId
  LIMIT 2
}
WITH DISTINCT c
RETURN startNode(c) AS a, c, endNode(c) AS b
ORDER BY c.weight DESC, a.movieId, b.movieId;
