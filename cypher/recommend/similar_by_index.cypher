// Movies most similar to one, as similar_movies ranks them, of those that an index and CO_LIKED put forward.
//   candidates = the movies whose vectors the index movie_embedding finds nearest, and those of the largest weight
//   bound      = the least cosine of the former + sqrt(the least weight of the latter / the largest), where popularity
//                is below 0 times the most that it can make of this
// Where the last score is at least the bound, no other movie belongs into the list: as far as the index knows, which
// is approximate.
// Parameters: movieId INTEGER | STRING; vector LIST<FLOAT> or null, instead of the movie's own embedding; candidates
//   INTEGER, >= 2, how many of each kind; k INTEGER, >= 1; popularity FLOAT, exponent, below 0
//   favours less popular movies;
// begin _shared/filter_parameters.cypher
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/filter_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT,
//   cosine FLOAT (-1 to 1), count INTEGER or null, users who liked both; bound FLOAT or null, that no other movie's
//   score exceeds; null: there is no other movie.
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
:param popularity => 0.0;
:param k => 10;

MATCH (query:Movie {movieId: $movieId})
WITH query, coalesce($vector, query.embedding) AS vector
CALL (query) {
  MATCH (query)-[c:CO_LIKED]-(m:Movie)
  WITH m, c.weight AS weight, c.count AS count
  ORDER BY weight DESC
  RETURN collect([m, weight, count]) AS linked
}
WITH query, vector, linked, linked[0][1] AS maxWeight, coalesce(linked[$candidates - 1][1], 0.0) AS leastWeight
CALL (vector, linked, leastWeight) {
  CALL (vector, linked) {
    UNWIND linked AS link
    RETURN link[0] AS m, link[1] AS weight, link[2] AS count, 0 AS isNear
    UNION ALL
    CALL db.index.vector.queryNodes('movie_embedding', $candidates, vector) YIELD node AS m
    RETURN m, 0.0 AS weight, null AS count, 1 AS isNear
  }
  WITH m, max(weight) AS weight, max(count) AS count, max(isNear) AS isNear
  WHERE (isNear = 1 OR weight >= leastWeight) AND m.embedding IS NOT NULL
  // vector.similarity.cosine is (1 + cosine) / 2; this turns it back.
  WITH m, weight, count, isNear, 2.0 * vector.similarity.cosine(vector, m.embedding) - 1.0 AS cosine
  RETURN
    collect([m, weight, count, cosine]) AS candidates,
    CASE WHEN sum(isNear) = $candidates THEN min(CASE WHEN isNear = 1 THEN cosine END) END AS leastCosine
}
// begin _shared/largest_like_count.cypher
CALL () {
  UNWIND CASE WHEN $popularity = 0 THEN [] ELSE [1] END AS one
  MATCH (m:Movie)
  RETURN coalesce(max(m.likeCount), 1) AS maxLikeCount
}
// end _shared/largest_like_count.cypher
WITH query, candidates, maxWeight, maxLikeCount,
  leastCosine + CASE WHEN leastWeight > 0 THEN sqrt(leastWeight / maxWeight) ELSE 0.0 END AS least
WITH query, candidates, maxWeight, maxLikeCount,
  least * CASE WHEN least > 0 AND $popularity < 0 THEN maxLikeCount ^ -$popularity ELSE 1.0 END AS bound
UNWIND candidates AS candidate
WITH candidate[0] AS m, candidate[1] AS weight, candidate[2] AS count, candidate[3] AS cosine,
  maxWeight, maxLikeCount, bound, query
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
WITH m, count, cosine, bound, maxLikeCount,
  max(cosine + CASE WHEN weight > 0 THEN sqrt(weight / maxWeight) ELSE 0.0 END) AS score
WITH m, count, cosine, bound,
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
  count,
  // Any movie that is known can come before one that is not.
  CASE WHEN m.likeCount >= 5 THEN bound ELSE 1.0e308 END AS bound
ORDER BY coalesce(m.likeCount, 0) >= 5 DESC, score DESC, movieId;
