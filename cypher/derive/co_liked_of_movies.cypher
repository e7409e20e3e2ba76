// Link some movies with all others, of each the best topK: for an incremental derivation, and for a graph of
//   nearest neighbours.
// xy = users who liked both, x and y = users who liked each, D = users who liked anything (or likes, by the
//   setting):
// begin _shared/measures.cypher
//   xy_pmi       xy * pmi                            any; users times nats (Evert 2005: local mutual information)
//   count        xy                                  >= 1; users
//   pmi          ln(xy * D / (x * y))                -inf to ln D; nats (Church and Hanks 1990)
//   ppmi         max(pmi, 0)                         0 to ln D; nats (Bullinaria and Levy 2007)
//   npmi         pmi / -ln(xy / D)                   -1 to 1 (Bouma 2009)
//   lift         xy * D / (x * y)                    0 to D (Brin et al. 1997)
//   damped_lift  lift * xy / (xy + damping)          0 to D (shrunk by its support, as in Koren 2008)
//   jaccard      xy / (x + y - xy)                   0 to 1 (Jaccard 1912)
//   cosine       xy / sqrt(x * y)                    0 to 1 (Ochiai 1957)
//   llr          signed G2 of the 2 x 2 table        any; twice nats times users (Dunning 1993).
// end _shared/measures.cypher
// Parameters: likeIndexes LIST<INTEGER>, of the movies to go through; lastIndex INTEGER, the largest likeIndex there
//   is; minRating FLOAT, stars, the lowest rating that is a like; isCapped BOOLEAN, whether users' lists hold only
//   their newest likes; measure STRING, one of the above; denominatorValue FLOAT, D, > 0; damping FLOAT, users;
//   minWeight FLOAT, >= 0; minCount INTEGER, >= 1, users who liked both; topK INTEGER, >= 1, edges to keep of each
//   movie; dryRun BOOLEAN, count and weight only.
// Returns: likeIndex INTEGER; edges INTEGER; neighbours LIST<INTEGER>, their likeIndexes, and weights LIST<FLOAT>,
//   both empty unless dryRun.
:param likeIndexes => range(0, 199);
:param lastIndex => 6297;
:param minRating => 4.0;
:param isCapped => false;
:param measure => 'xy_pmi';
:param denominatorValue => 609.0;
:param damping => 10.0;
:param minWeight => 5.0;
:param minCount => 1;
:param topK => 20;
:param dryRun => true;

// begin _shared/movies_by_index.cypher
UNWIND range(0, $lastIndex) AS index
OPTIONAL MATCH (m:Movie {likeIndex: index})
WITH index, m
ORDER BY index
// A movie that was removed leaves a gap.
// end _shared/movies_by_index.cypher
WITH collect([m]) AS movies, collect(toFloat(coalesce(m.likeCount, 0))) AS likeCounts
UNWIND $likeIndexes AS i
CALL (movies, likeCounts, i) {
  CALL (movies, i) {
    WITH movies[i][0] AS a, i
    MATCH (a)<-[r:RATED]-(u:User)
    WHERE r.rating >= $minRating AND (NOT $isCapped OR i IN u.likedIndexes)
    UNWIND [j IN u.likedIndexes WHERE j <> i] AS j
    RETURN j, count(*) AS count, toFloat(count(*)) AS xy
  }
  WITH j, count, xy, likeCounts[i] AS x, likeCounts[j] AS y
  // begin _shared/weight.cypher
  WHERE count >= $minCount AND x > 0 AND y > 0
  WITH *, CASE $measure
    WHEN 'xy_pmi' THEN xy * log(xy * $denominatorValue / (x * y))
    WHEN 'count' THEN xy
    WHEN 'pmi' THEN log(xy * $denominatorValue / (x * y))
    WHEN 'ppmi' THEN CASE WHEN xy * $denominatorValue > x * y THEN log(xy * $denominatorValue / (x * y)) ELSE 0.0 END
    WHEN 'npmi' THEN CASE
      WHEN xy >= $denominatorValue THEN 1.0
      ELSE log(xy * $denominatorValue / (x * y)) / log($denominatorValue / xy)
    END
    WHEN 'lift' THEN xy * $denominatorValue / (x * y)
    WHEN 'damped_lift' THEN xy * $denominatorValue / (x * y) * (xy / (xy + $damping))
    WHEN 'jaccard' THEN xy / (x + y - xy)
    WHEN 'cosine' THEN xy / sqrt(x * y)
    WHEN 'llr' THEN CASE WHEN xy * $denominatorValue < x * y THEN -2.0 ELSE 2.0 END * (
      reduce(
        s = 0.0,
        k IN [xy, x - xy, y - xy, $denominatorValue - x - y + xy, $denominatorValue] |
        s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
      )
      - reduce(
        s = 0.0,
        k IN [x, $denominatorValue - x, y, $denominatorValue - y] | s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
      )
    )
  END AS weight
  WHERE weight > 0 AND weight >= $minWeight
  // end _shared/weight.cypher
  WITH j, count, weight
  ORDER BY weight DESC, j
  LIMIT $topK
  WITH j, count, weight, movies[i][0] AS one, movies[j][0] AS other
  WITH j, count, weight,
    CASE WHEN one.movieId < other.movieId THEN one ELSE other END AS a,
    CASE WHEN one.movieId < other.movieId THEN other ELSE one END AS b
  FOREACH (_ IN CASE WHEN $dryRun THEN [] ELSE [1] END |
    MERGE (a)-[c:CO_LIKED]->(b)
    SET c.count = count, c.weight = weight
  )
  RETURN j, weight
}
WITH i, count(*) AS edges, collect(CASE WHEN $dryRun THEN j END) AS neighbours,
  collect(CASE WHEN $dryRun THEN weight END) AS weights
RETURN i AS likeIndex, edges, neighbours, weights;
