// Link movies to those that follow them, counted and weighted on the other side.
// Parameters: likeIndexes LIST<INTEGER>, of the movies to start from; followers LIST<LIST<INTEGER>>, of each the likeIndexes
//   of the movies that follow; weights LIST<LIST<FLOAT>>.
// Returns: edges INTEGER.
:param likeIndexes => [0];
:param followers => [[1]];
:param weights => [[2.5]];

UNWIND range(0, size($likeIndexes) - 1) AS i
MATCH (a:Movie {likeIndex: $likeIndexes[i]})
UNWIND range(0, size($followers[i]) - 1) AS k
MATCH (b:Movie {likeIndex: $followers[i][k]})
CREATE (a)-[:FOLLOWED_BY {weight: $weights[i][k]}]->(b)
RETURN count(*) AS edges;
