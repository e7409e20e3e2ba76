// Link movies by pairs that were counted and weighted on the other side.
// Parameters: likeIndexes LIST<INTEGER>, of the movies at one end; neighbours LIST<LIST<INTEGER>>, of each the likeIndexes
//   of the movies at the other end; counts LIST<LIST<INTEGER>>, users who liked both; weights LIST<LIST<FLOAT>>.
// Returns: edges INTEGER.
:param likeIndexes => [0];
:param neighbours => [[1]];
:param counts => [[3]];
:param weights => [[7.5]];

UNWIND range(0, size($likeIndexes) - 1) AS i
MATCH (one:Movie {likeIndex: $likeIndexes[i]})
UNWIND range(0, size($neighbours[i]) - 1) AS k
MATCH (other:Movie {likeIndex: $neighbours[i][k]})
WITH $counts[i][k] AS count, $weights[i][k] AS weight,
  CASE WHEN one.movieId < other.movieId THEN one ELSE other END AS a,
  CASE WHEN one.movieId < other.movieId THEN other ELSE one END AS b
CREATE (a)-[:CO_LIKED {count: count, weight: weight}]->(b)
RETURN count(*) AS edges;
