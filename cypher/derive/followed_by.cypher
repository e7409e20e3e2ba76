// Link some movies to those that the same people liked soon after, of each the topK that followed most.
// With gap, how many likes the second comes after the first (likes of one time share their mean position):
//   weight = sum over users of exp(-(max(gap, 1) - 1) / scale) for 0 < gap <= window, and of 1/2 for gap = 0.
// Parameters: indexes LIST<INTEGER>, likeIndexes of the movies to go through; lastIndex INTEGER, the largest likeIndex
//   there is; minRating FLOAT, stars; scale FLOAT, likes, > 0; window INTEGER, likes; topK INTEGER, >= 1; dryRun
//   BOOLEAN, count and weigh only.
// Returns: likeIndex INTEGER; edges INTEGER.
:param indexes => range(0, 199);
:param lastIndex => 6297;
:param minRating => 4.0;
:param scale => 20.0;
:param window => 30;
:param topK => 200;
:param dryRun => true;

// [shared movies_by_index]
UNWIND range(0, $lastIndex) AS index
OPTIONAL MATCH (m:Movie {likeIndex: index})
WITH index, m
ORDER BY index
// A movie that was removed leaves a gap.
// [end]
WITH collect([m]) AS movies
UNWIND $indexes AS i
CALL (movies, i) {
  CALL (movies, i) {
    WITH movies[i][0] AS a, i
    MATCH (a)<-[r:RATED]-(u:User)
    WHERE r.rating >= $minRating
    WITH u.likedIndexes AS indexes, u.likeAges AS ages, i
    // One place, or none where only the newest likes are kept.
    UNWIND [place IN range(0, size(indexes) - 1) WHERE indexes[place] = i] AS own
    UNWIND [
      place IN range(0, size(indexes) - 1)
      WHERE place <> own AND 0 <= ages[own] - ages[place] <= $window
    ] AS place
    WITH indexes[place] AS j, ages[own] - ages[place] AS gap
    RETURN
      j,
      // Rounded, so that it does not depend on the order in which the users are met.
      round(
        sum(CASE WHEN gap = 0 THEN 0.5 ELSE exp(-(CASE WHEN gap > 1 THEN gap - 1 ELSE 0 END) / $scale) END), 6
      ) AS weight
  }
  WITH weight, movies[i][0] AS a, movies[j][0] AS b
  ORDER BY weight DESC, b.movieId
  LIMIT $topK
  FOREACH (_ IN CASE WHEN $dryRun THEN [] ELSE [1] END |
    CREATE (a)-[:FOLLOWED_BY {weight: weight}]->(b)
  )
  RETURN count(*) AS edges
}
RETURN i AS likeIndex, edges;
