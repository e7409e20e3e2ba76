// One movie, its nearest neighbours, and the links among them.
// Look for: neighbours that hang together by themselves, such as the parts of a series.
// Parameters: none.
// Returns: a NODE, c RELATIONSHIP, b NODE.

MATCH (centre:Movie {title: 'Star Wars: Episode IV - A New Hope (1977)'})-[near:CO_LIKED]-(neighbour:Movie)
WITH centre, neighbour, near
ORDER BY near.weight DESC, neighbour.movieId
LIMIT 12
WITH centre, collect(neighbour) AS neighbours
WITH [centre] + neighbours AS movies
UNWIND movies AS a
MATCH (a)-[c:CO_LIKED]->(b:Movie)
WHERE b IN movies
RETURN a, c, b
ORDER BY c.weight DESC, a.movieId, b.movieId;
