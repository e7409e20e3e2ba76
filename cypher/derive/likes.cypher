// Keep on each user what they like: the likeRanks of the movies, newest like first, and with a half-life beside each
// its decay, 0.5 ^ (age / halfLife).
// Parameters: firstUserId INTEGER; lastUserId INTEGER; minRating FLOAT, stars; maxUserLikes INTEGER or null, the newest
//   likes to heed of each; halfLife FLOAT or null, seconds; referenceTime INTEGER, Unix seconds, when a like counts
//   whole.
// Returns: users INTEGER, who like anything; likes INTEGER, heeded; capped INTEGER, users with more likes than that;
//   userDecays FLOAT, sum over users of the newest like's decay; likeDecays FLOAT, sum over likes; without a half-life
//   the same as users and likes.
:param firstUserId => 1;
:param lastUserId => 100;
:param minRating => 4.0;
:param maxUserLikes => null;
:param halfLife => null;
:param referenceTime => 0;

MATCH (u:User)
WHERE $firstUserId <= u.userId <= $lastUserId
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
WITH u, allRanks, allRanks[..coalesce($maxUserLikes, size(allRanks))] AS ranks,
  CASE WHEN $halfLife IS NOT NULL THEN allDecays[..coalesce($maxUserLikes, size(allDecays))] END AS decays
WHERE ranks <> []
SET u.likedRanks = ranks, u.likedDecays = decays, u.likedSteps = null
RETURN
  count(*) AS users,
  sum(size(ranks)) AS likes,
  sum(CASE WHEN size(allRanks) > size(ranks) THEN 1 ELSE 0 END) AS capped,
  sum(CASE WHEN decays IS NULL THEN 1.0 ELSE decays[0] END) AS userDecays,
  sum(CASE WHEN decays IS NULL THEN toFloat(size(ranks)) ELSE reduce(s = 0.0, d IN decays | s + d) END) AS likeDecays;
