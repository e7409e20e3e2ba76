// Movies whose titles hold what is being typed, the most liked first: the full-text index movie_titles.
// Parameters: search STRING, in Lucene's query syntax; most INTEGER, how many to look at; limit INTEGER, to return.
// Returns: movieId INTEGER | STRING; title STRING; year INTEGER; likeCount INTEGER.
:param search => 'matrix AND rel*';
:param most => 1000;
:param limit => 8;

CALL db.index.fulltext.queryNodes('movie_titles', $search, {limit: $most})
YIELD node AS m
RETURN m.movieId AS movieId, m.title AS title, m.year AS year, coalesce(m.likeCount, 0) AS likeCount
ORDER BY likeCount DESC, movieId
LIMIT $limit;
