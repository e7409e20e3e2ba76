// The strongest links between a movie of one genre and a movie of another.
// Look for: movies with many such links. They lead the fans of one genre to the other.
// Parameters: none.
// Returns: a NODE, c RELATIONSHIP, b NODE.

MATCH (a:Movie)-[c:CO_LIKED]-(b:Movie)
WHERE
  'Horror' IN a.genres
  AND NOT 'Comedy' IN a.genres
  AND 'Comedy' IN b.genres
  AND NOT 'Horror' IN b.genres
RETURN a, c, b
ORDER BY c.weight DESC, a.movieId, b.movieId
LIMIT 25;
