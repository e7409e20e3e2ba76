// The movies that pass the filters, rated or not.
// Parameters:
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>.
:param exclude => [];
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;

MATCH (m:Movie)
WHERE NOT m.movieId IN $exclude
  // begin _shared/filters.cypher
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // end _shared/filters.cypher
RETURN m.movieId AS movieId, m.title AS title, m.year AS year, m.genres AS genres
ORDER BY movieId;
