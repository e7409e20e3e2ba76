// Keep on each of some users what they like now, as derive/likes does, and mark the movies whose likes have changed.
// Parameters: userIds LIST<INTEGER>; minRating FLOAT, stars; maxUserLikes INTEGER or null, the newest likes to heed of
//   each; halfLife FLOAT or null, seconds; referenceTime INTEGER, Unix seconds, when a like counts whole.
// Returns: movies INTEGER, how many were marked.
:param userIds => [1];
:param minRating => 4.0;
:param maxUserLikes => null;
:param halfLife => null;
:param referenceTime => 0;

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH m.likeRank AS rank,
    0.5 ^ CASE
      WHEN r.timestamp >= $referenceTime THEN 0
      // More than that would be too small to be multiplied.
      WHEN r.timestamp < $referenceTime - 500 * $halfLife THEN 500
      ELSE ($referenceTime - r.timestamp) / $halfLife
    END AS decay
  ORDER BY r.timestamp DESC, m.movieId
  RETURN collect(rank) AS allRanks, collect(decay) AS allDecays
}
WITH u, coalesce(u.likedRanks, []) AS oldRanks, u.likedDecays AS oldDecays,
  allRanks[..coalesce($maxUserLikes, size(allRanks))] AS ranks,
  CASE WHEN $halfLife IS NOT NULL THEN allDecays[..coalesce($maxUserLikes, size(allDecays))] END AS decays
SET
  u.likedRanks = CASE WHEN ranks <> [] THEN ranks END,
  u.likedDecays = CASE WHEN ranks <> [] THEN decays END
WITH ranks, oldRanks, decays,
  [i IN range(0, size(ranks) - 1) | [ranks[i], decays[i]]] AS likes,
  [i IN range(0, size(oldRanks) - 1) | [oldRanks[i], oldDecays[i]]] AS oldLikes
WITH [rank IN oldRanks WHERE NOT rank IN ranks] + [
  like IN likes
  WHERE NOT like[0] IN oldRanks OR (decays IS NOT NULL AND NOT like IN oldLikes) |
  like[0]
] AS changed
UNWIND changed AS rank
MATCH (m:Movie {likeRank: rank})
SET m:Touched
RETURN count(DISTINCT m) AS movies;
