// Movies whose vectors lie nearest to one movie's, best first: cosine over every vector, so exact.
// Parameters: movieId INTEGER | STRING; vector LIST<FLOAT> or null, instead of the movie's own embedding; k INTEGER, >=
//   1;
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT
//   and cosine FLOAT, the same (-1 to 1).
:param movieId => 2571;
:param vector => null;
:param exclude => [];
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param k => 10;

MATCH (query:Movie {movieId: $movieId})
WITH query, coalesce($vector, query.embedding) AS vector
MATCH (m:Movie)
WHERE m.embedding IS NOT NULL AND m <> query
  AND NOT m.movieId IN $exclude
  // begin _shared/filters.cypher
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // end _shared/filters.cypher
// vector.similarity.cosine is (1 + cosine) / 2; this turns it back.
WITH m, 2.0 * vector.similarity.cosine(vector, m.embedding) - 1.0 AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  score AS cosine
ORDER BY score DESC, movieId;
