// What the vector of a movie without one is estimated from: its CO_LIKED neighbours, or else movies of its genres.
// Parameters: movieId INTEGER | STRING.
// Returns: kind STRING, "neighbours" or "genres"; weight FLOAT, of CO_LIKED or the share of genres in common (Jaccard);
//   embedding LIST<FLOAT>.
:param movieId => 1;

MATCH (query:Movie {movieId: $movieId})
// Movies of the same genres are looked for only where no neighbour has a vector.
WITH query, EXISTS { (query)-[:CO_LIKED]-(other:Movie) WHERE other.embedding IS NOT NULL } AS hasNeighbours
CALL (query, hasNeighbours) {
  MATCH (query)-[c:CO_LIKED]-(m:Movie)
  WHERE m.embedding IS NOT NULL
  RETURN m, 'neighbours' AS kind, c.weight AS weight
  UNION ALL
  UNWIND CASE WHEN hasNeighbours THEN [] ELSE [query.genres] END AS genres
  MATCH (m:Movie)
  WHERE m.embedding IS NOT NULL
  WITH m, genres, size([genre IN genres WHERE genre IN m.genres]) AS common
  WHERE common > 0
  RETURN m, 'genres' AS kind, 1.0 * common / (size(genres) + size(m.genres) - common) AS weight
}
WITH m, kind, weight
ORDER BY weight DESC, coalesce(m.likeCount, 0) DESC, m.movieId
LIMIT 50
RETURN kind, weight, m.embedding AS embedding
ORDER BY weight DESC, m.movieId;
