// Movies most similar to one, best first, by their vectors and by who liked both. Compares every vector.
//   score = (cosine of the two embeddings + sqrt(weight of CO_LIKED / the largest of the query movie))
//           * (likeCount / the largest) ^ popularity
// Movies that fewer than 5 people like come after all others.
// Parameters: movieId INTEGER | STRING; vector LIST<FLOAT> or null, instead of the movie's own embedding; k INTEGER, >=
//   1; popularity FLOAT, exponent, below 0 favours less popular movies;
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT,
//   cosine FLOAT (-1 to 1), count INTEGER or null, users who liked both.
:param movieId => 2571;
:param vector => null;
:param exclude => [];
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param popularity => 0.0;
:param k => 10;

MATCH (query:Movie {movieId: $movieId})
CALL (query) {
  CALL (query) {
    MATCH (query)-[c:CO_LIKED]-(m:Movie)
    RETURN m, c.weight AS weight, c.count AS count
    UNION ALL
    MATCH (m:Movie)
    WHERE m.embedding IS NOT NULL AND m <> query
    RETURN m, 0.0 AS weight, null AS count
  }
  WITH m, max(weight) AS weight, max(count) AS count
  RETURN collect([m, weight, count]) AS candidates, max(weight) AS maxWeight
}
// begin _shared/largest_like_count.cypher
CALL () {
  UNWIND CASE WHEN $popularity = 0 THEN [] ELSE [1] END AS one
  MATCH (m:Movie)
  RETURN coalesce(max(m.likeCount), 1) AS maxLikeCount
}
// end _shared/largest_like_count.cypher
UNWIND candidates AS candidate
WITH candidate[0] AS m, candidate[1] AS weight, candidate[2] AS count, maxWeight, maxLikeCount,
  coalesce($vector, query.embedding) AS vector
WHERE m.embedding IS NOT NULL
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
WITH m, weight, count, maxWeight, maxLikeCount, 2.0 * vector.similarity.cosine(vector, m.embedding) - 1.0 AS cosine
// An aggregation lets go of the list of candidates, which ORDER BY would count as memory for every row that it keeps.
WITH m, count, cosine, maxLikeCount,
  max(cosine + CASE WHEN weight > 0 THEN sqrt(weight / maxWeight) ELSE 0.0 END) AS score
WITH m, count, cosine,
  // begin _shared/popular_score.cypher
  // A movie that nobody likes counts as one that one user likes; what is below 0 would turn round.
  score * CASE
    WHEN $popularity = 0 OR score <= 0 THEN 1.0
    ELSE (1.0 * CASE WHEN m.likeCount > 1 THEN m.likeCount ELSE 1 END / maxLikeCount) ^ $popularity
  END AS score
  // end _shared/popular_score.cypher
ORDER BY coalesce(m.likeCount, 0) >= 5 DESC, score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  cosine,
  count
ORDER BY coalesce(m.likeCount, 0) >= 5 DESC, score DESC, movieId;
