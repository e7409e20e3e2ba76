// The movies that conditions let through, whatever anybody has rated.
// Parameters:
// [shared filter_parameters]
//   exclude LIST<INTEGER>, movieIds to leave out; anyGenre LIST<STRING>, one of these, empty: any; allGenres
//   LIST<STRING>, each of these; noGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, least number of users who rated a movie;
// [end]
// Returns: movieId INTEGER, title STRING, year INTEGER, genres LIST<STRING>.
:param exclude => [];
:param anyGenre => [];
:param allGenres => [];
:param noGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;

MATCH (m:Movie)
WHERE NOT m.movieId IN $exclude
  // [shared filters]
  AND ($anyGenre = [] OR any(genre IN $anyGenre WHERE genre IN m.genres))
  AND all(genre IN $allGenres WHERE genre IN m.genres)
  AND none(genre IN $noGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // [end]
RETURN m.movieId AS movieId, m.title AS title, m.year AS year, m.genres AS genres
ORDER BY movieId;
