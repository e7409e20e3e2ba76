// Link some movies to those that the same people liked soon after, of each the topK that followed most.
// A user's likes in the order of their times are steps; likes of one time share their mean step. With gap, the steps
// from the like of one movie to the like of the other:
//   weight = sum over users of exp(-(max(gap, 1) - 1) / scale) for 0 < gap <= window, and of 1/2 for gap = 0.
// Parameters: ranks LIST<INTEGER>, likeRanks of the movies to go through; lastRank INTEGER, the largest likeRank
//   there is; minRating FLOAT, stars; scale FLOAT, steps, > 0; window INTEGER, steps; topK INTEGER, >= 1; dryRun
//   BOOLEAN, count and weigh only.
// Returns: likeRank INTEGER; edges INTEGER.
:param ranks => range(0, 199);
:param lastRank => 6297;
:param minRating => 4.0;
:param scale => 20.0;
:param window => 30;
:param topK => 200;
:param dryRun => true;

UNWIND range(0, $lastRank) AS rank
OPTIONAL MATCH (m:Movie {likeRank: rank})
WITH rank, m
ORDER BY rank
// A movie that was removed leaves a gap.
WITH collect([m]) AS movies
UNWIND $ranks AS i
CALL (movies, i) {
  CALL (movies, i) {
    WITH movies[i][0] AS a, i
    MATCH (a)<-[r:RATED]-(u:User)
    WHERE r.rating >= $minRating
    WITH u.likedRanks AS ranks, u.likedSteps AS steps, i
    // One place, or none where only the newest likes are kept.
    UNWIND [place IN range(0, size(ranks) - 1) WHERE ranks[place] = i] AS own
    UNWIND [
      place IN range(0, size(ranks) - 1)
      WHERE place <> own AND 0 <= steps[own] - steps[place] <= $window
    ] AS place
    WITH ranks[place] AS j, steps[own] - steps[place] AS gap
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
RETURN i AS likeRank, edges;
