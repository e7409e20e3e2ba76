// The likeIndexes in the order of the movieIds: of movies that are equally strong the first is kept.
// Parameters: none.
// Returns: likeIndex INTEGER.

MATCH (m:Movie)
WHERE m.likeIndex >= 0
RETURN m.likeIndex AS likeIndex
ORDER BY m.movieId;
