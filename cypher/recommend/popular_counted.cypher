// What was liked most in the last year of the ratings when the model was trained, best first: for a user without
// likes, where ratings are many.
// Parameters: userId INTEGER | STRING or null; likes LIST<INTEGER | STRING>, movieIds to leave out; dislikes
//   LIST<INTEGER | STRING>, likewise; withRated BOOLEAN, whether to return rated movies too; popularity FLOAT,
//   exponent, the score is multiplied by (likeCount / largest likeCount) ^ popularity; k INTEGER, >= 1;
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER; score FLOAT,
//   likes of that year; profileScore FLOAT, graphScore FLOAT, predictionScore FLOAT and encoderScore FLOAT, 0.
:param userId => 1;
:param likes => [];
:param dislikes => [];
:param exclude => [];
:param withRated => false;
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param popularity => 0.0;
:param k => 10;

CALL () {
  UNWIND CASE WHEN $popularity = 0 THEN [] ELSE [1] END AS one
  MATCH (m:Movie)
  RETURN coalesce(max(m.likeCount), 1) AS maxLikeCount
}
MATCH (m:Movie)
WHERE m.recentLikeCount > 0
WITH m, maxLikeCount, m.recentLikeCount AS likes
WHERE ($withRated OR NOT EXISTS { (:User {userId: $userId})-[:RATED]->(m) })
  AND NOT m.movieId IN $exclude + $dislikes + $likes
  // begin _shared/filters.cypher
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
  // end _shared/filters.cypher
WITH m, likes * (1.0 * CASE WHEN m.likeCount > 1 THEN m.likeCount ELSE 1 END / maxLikeCount) ^ $popularity AS score
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
  0.0 AS graphScore,
  0.0 AS predictionScore,
  0.0 AS encoderScore
ORDER BY score DESC, movieId;
