// Movies whose title is the text, or holds it, regardless of case: whole titles first, then the most liked.
// Parameters: title STRING; limit INTEGER, >= 1.
// Returns: movieId INTEGER, title STRING, likeCount INTEGER, hasVector BOOLEAN, isWhole BOOLEAN.
:param title => 'matrix';
:param limit => 10;

MATCH (m:Movie)
WHERE toLower(m.title) CONTAINS toLower($title)
WITH m, toLower(m.title) IN [toLower($title), toLower($title) + ' (' + toString(coalesce(m.year, 0)) + ')'] AS isWhole
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector,
  isWhole
ORDER BY isWhole DESC, coalesce(likeCount, 0) DESC, movieId
LIMIT $limit;
