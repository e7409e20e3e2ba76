// Create FOLLOWED_BY from some movies to those that the same users liked soon after, of each the strongest.
// With gap, how many likes the second comes after the first (likes with the same timestamp share their mean position):
//   weight = sum over users of exp(-(max(gap, 1) - 1) / followScale) for 0 < gap <= followWindow, of 1/2 for gap = 0.
// Parameters: likeIndexes LIST<INTEGER>, of the movies to start from; lastIndex INTEGER, the largest likeIndex;
//   minRating FLOAT, stars, the lowest rating that is a like; followScale FLOAT, likes, > 0; followWindow INTEGER,
//   likes; followTopK INTEGER, >= 1; dryRun BOOLEAN, count and weight only.
// Returns: likeIndex INTEGER; edges INTEGER.
:param likeIndexes => range(0, 199);
:param lastIndex => 6297;
:param minRating => 4.0;
:param followScale => 20.0;
:param followWindow => 30;
:param followTopK => 200;
:param dryRun => true;

// begin _shared/movies_by_index.cypher
UNWIND range(0, $lastIndex) AS index
OPTIONAL MATCH (m:Movie {likeIndex: index})
WITH index, m
ORDER BY index
// A movie that was removed leaves a gap.
// end _shared/movies_by_index.cypher
WITH collect([m]) AS movies
UNWIND $likeIndexes AS i
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
      WHERE place <> own AND 0 <= ages[own] - ages[place] <= $followWindow
    ] AS place
    WITH indexes[place] AS j, ages[own] - ages[place] AS gap
    RETURN
      j,
      // Rounded, so that it does not depend on the order in which the users are met.
      round(
        sum(CASE WHEN gap = 0 THEN 0.5 ELSE exp(-(CASE WHEN gap > 1 THEN gap - 1 ELSE 0 END) / $followScale) END), 6
      ) AS weight
  }
  WITH weight, movies[i][0] AS a, movies[j][0] AS b
  ORDER BY weight DESC, b.movieId
  LIMIT $followTopK
  FOREACH (_ IN CASE WHEN $dryRun THEN [] ELSE [1] END |
    CREATE (a)-[:FOLLOWED_BY {weight: weight}]->(b)
  )
  RETURN count(*) AS edges
}
RETURN i AS likeIndex, edges;
