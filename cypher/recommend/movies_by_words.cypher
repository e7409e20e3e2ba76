// Movies by the words of their titles, without accents, best match first: the full-text index movie_titles.
// Parameters: search STRING, in Lucene's query syntax; limit INTEGER, >= 1.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER; hasVector BOOLEAN.
:param search => 'professional AND leon';
:param limit => 10;

CALL db.index.fulltext.queryNodes('movie_titles', $search, {limit: $limit})
YIELD node AS m, score
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.likeCount AS likeCount,
  m.embedding IS NOT NULL AS hasVector
ORDER BY score DESC, movieId;
