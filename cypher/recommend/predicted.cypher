// The PREDICTS relationships of the live model from some liked movies to some others.
// Parameters: likes LIST<INTEGER | STRING>, movieIds; movieIds LIST<INTEGER | STRING>; generation INTEGER or null, as
//   the Run of the model has it.
// Returns: likedId INTEGER | STRING; movieId INTEGER | STRING; weight FLOAT, of PREDICTS from the like.
:param likes => [2571];
:param movieIds => [1, 260];
:param generation => 0;

MATCH (m:Movie)
WHERE m.movieId IN $movieIds
WITH collect(m) AS movies
UNWIND $likes AS likedId
MATCH (:Movie {movieId: likedId})-[p:PREDICTS {generation: $generation}]->(m)
WHERE m IN movies
RETURN likedId, m.movieId AS movieId, p.weight AS weight
ORDER BY likedId, movieId;
