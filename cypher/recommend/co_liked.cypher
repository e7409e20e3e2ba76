// The weights of CO_LIKED between some movies and any of some likes.
// Parameters: likes LIST<INTEGER | STRING>, movieIds; movieIds LIST<INTEGER | STRING>.
// Returns: likedId INTEGER | STRING; movieId INTEGER | STRING; weight FLOAT. No row for a pair without CO_LIKED.
:param likes => [2571];
:param movieIds => [1, 260];

MATCH (liked:Movie)
WHERE liked.movieId IN $likes
WITH collect(liked) AS likes
UNWIND $movieIds AS movieId
MATCH (:Movie {movieId: movieId})-[c:CO_LIKED]-(liked)
WHERE liked IN likes
RETURN liked.movieId AS likedId, movieId, c.weight AS weight
ORDER BY likedId, movieId;
