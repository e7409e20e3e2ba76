// The genres of the movies of users' lists of likes.
// Parameters: none.
// Returns: movieId INTEGER | STRING; genres LIST<STRING>, empty where none is known.

MATCH (m:Movie)
WHERE m.likeIndex >= 0 AND m.likeCount > 0
RETURN m.movieId AS movieId, coalesce(m.genres, []) AS genres
ORDER BY movieId;
