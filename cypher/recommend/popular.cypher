// What was liked most lately, best first: for somebody of whom no like is known.
// Parameters: userId INTEGER or null; likes LIST<INTEGER>, movieIds, not used; dislikes LIST<INTEGER>, movieIds
//   to leave out; minRating FLOAT, stars from which a rating is a like; days FLOAT, how long before the newest
//   rating; withRated BOOLEAN, movies that the user has rated too; popularity FLOAT, the score is multiplied by
//   (likeCount / the largest) ^ this; k INTEGER, >= 1;
// [shared filter_parameters]
//   exclude LIST<INTEGER>, movieIds to leave out; anyGenre LIST<STRING>, one of these, empty: any; allGenres
//   LIST<STRING>, each of these; noGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, least number of users who rated a movie;
// [end]
// Returns: movieId INTEGER, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER; score FLOAT, likes of
//   these days; profileScore FLOAT and graphScore FLOAT, 0.
:param userId => 1;
:param likes => [];
:param dislikes => [];
:param minRating => 4.0;
:param days => 365.0;
:param exclude => [];
:param withRated => false;
:param anyGenre => [];
:param allGenres => [];
:param noGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param popularity => 0.0;
:param k => 10;

MATCH ()-[r:RATED]->()
WITH max(r.timestamp) AS newest
MATCH (m:Movie)
WITH newest, max(m.likeCount) AS mostLikes
MATCH (m:Movie)<-[r:RATED]-(:User)
WHERE r.rating >= $minRating AND r.timestamp >= newest - 86400 * $days
WITH m, mostLikes, count(*) AS likes
WHERE ($withRated OR NOT EXISTS { (:User {userId: $userId})-[:RATED]->(m) })
  AND NOT m.movieId IN $exclude + $dislikes + $likes
  // [shared filters]
  AND ($anyGenre = [] OR any(genre IN $anyGenre WHERE genre IN m.genres))
  AND all(genre IN $allGenres WHERE genre IN m.genres)
  AND none(genre IN $noGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // [end]
WITH m, likes * (1.0 * CASE WHEN m.likeCount > 1 THEN m.likeCount ELSE 1 END / mostLikes) ^ $popularity AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  0.0 AS profileScore,
  0.0 AS graphScore
ORDER BY score DESC, movieId;
