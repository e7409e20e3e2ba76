// The strongest CO_LIKED of every movie that has a vector.
// Parameters: limit INTEGER, how many of each movie.
// Returns: movieId INTEGER | STRING, others LIST<INTEGER | STRING>, movieIds, strongest first; counts LIST<INTEGER>, users who
//   like both; weights LIST<FLOAT>.
:param limit => 30;

MATCH (m:Movie)
WHERE m.embedding IS NOT NULL
CALL (m) {
  MATCH (m)-[c:CO_LIKED]-(other:Movie)
  RETURN other, c
  ORDER BY c.weight DESC, other.movieId
  LIMIT $limit
}
RETURN
  m.movieId AS movieId,
  collect(other.movieId) AS others,
  collect(c.count) AS counts,
  collect(c.weight) AS weights
ORDER BY movieId;
