// Movies whose title is the text, or holds it, regardless of case: whole titles first, then the shortest.
// Parameters: title STRING; limit INTEGER, >= 1.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER; hasVector BOOLEAN.
:param title => 'matrix';
:param limit => 10;

MATCH (m:Movie)
WHERE toLower(m.title) CONTAINS toLower($title)
WITH m, toLower(m.title) IN [toLower($title), toLower($title) + ' (' + toString(coalesce(m.year, 0)) + ')'] AS isWhole
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector
ORDER BY isWhole DESC, size(title), movieId
LIMIT $limit;
