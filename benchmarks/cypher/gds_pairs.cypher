// The pairs of movies that the library linked.
// Parameters: none.
// Returns: a, b INTEGER, a < b; score FLOAT.

MATCH (one:Movie)-[s:SIMILAR]->(other:Movie)
WITH DISTINCT
  CASE WHEN one.movieId < other.movieId THEN one.movieId ELSE other.movieId END AS a,
  CASE WHEN one.movieId < other.movieId THEN other.movieId ELSE one.movieId END AS b,
  s.score AS score
RETURN a, b, score
ORDER BY a, b;
