// The strongest links between a movie of one genre and a movie of another.
// Look for: movies with many such links. They lead the fans of one genre to the other.
// Parameters: genre STRING; otherGenre STRING; k INTEGER, >= 1.
// Returns: a NODE, c RELATIONSHIP, b NODE.
:param genre => "Horror";
:param otherGenre => "Comedy";
:param k => 25;

MATCH (a:Movie)-[c:CO_LIKED]-(b:Movie)
WHERE
  $genre IN a.genres
  AND NOT $otherGenre IN a.genres
  AND $otherGenre IN b.genres
  AND NOT $genre IN b.genres
RETURN a, c, b
ORDER BY c.weight DESC, a.movieId, b.movieId
LIMIT $k;
