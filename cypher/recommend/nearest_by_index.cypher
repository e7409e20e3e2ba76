// Movies whose vectors lie nearest to one movie's, best first, of those that the index movie_embedding finds nearest.
// Parameters: movieId INTEGER | STRING; vector LIST<FLOAT> or null, instead of the movie's own embedding; candidates
//   INTEGER, >= 2, how many the index is asked for; k INTEGER, >= 1;
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT
//   and cosine FLOAT, the same (-1 to 1); bound FLOAT or null, the least cosine of those, which no other movie's
//   exceeds as far as the index knows; null: there is no other movie.
:param movieId => 2571;
:param vector => null;
:param exclude => [];
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param candidates => 400;
:param k => 10;

MATCH (query:Movie {movieId: $movieId})
WITH query, coalesce($vector, query.embedding) AS vector
CALL (vector) {
  CALL db.index.vector.queryNodes('movie_embedding', $candidates, vector) YIELD node AS m
  // vector.similarity.cosine is (1 + cosine) / 2; this turns it back.
  WITH m, 2.0 * vector.similarity.cosine(vector, m.embedding) - 1.0 AS score
  RETURN collect([m, score]) AS candidates, CASE WHEN count(*) = $candidates THEN min(score) END AS bound
}
UNWIND candidates AS candidate
WITH query, bound, candidate[0] AS m, candidate[1] AS score
WHERE m <> query
  AND NOT m.movieId IN $exclude
  // begin _shared/filters.cypher
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // end _shared/filters.cypher
// An aggregation lets go of the list of candidates, which ORDER BY would count as memory for every row that it keeps.
WITH m, bound, max(score) AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  score AS cosine,
  bound
ORDER BY score DESC, movieId;
