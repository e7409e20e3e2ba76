// The FOLLOWED_BY relationships from some liked movies to some others.
// Parameters: likes LIST<INTEGER | STRING>, movieIds; movieIds LIST<INTEGER | STRING>.
// Returns: likedId INTEGER | STRING; movieId INTEGER | STRING; weight FLOAT, of FOLLOWED_BY from the like; likeCount
//   INTEGER, users who like the movie.
:param likes => [2571];
:param movieIds => [1, 260];

MATCH (m:Movie)
WHERE m.movieId IN $movieIds
WITH collect(m) AS movies
UNWIND $likes AS likedId
MATCH (:Movie {movieId: likedId})-[f:FOLLOWED_BY]->(m)
WHERE m IN movies
RETURN likedId, m.movieId AS movieId, f.weight AS weight, m.likeCount AS likeCount
ORDER BY likedId, movieId;
