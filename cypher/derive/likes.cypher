// Store each user's likes in likedIndexes: the likeIndexes of the movies, newest like first; with a half-life also
// likeDecays, the decay of each, 0.5 ^ (age / half-life).
// Parameters: firstUserId INTEGER | STRING; lastUserId INTEGER | STRING; minRating FLOAT, stars, the lowest rating that
//   is a like; maxUserLikes INTEGER or null, the newest likes to use of each; halfLifeSeconds FLOAT or null;
//   referenceTime INTEGER, Unix seconds, when a like counts whole.
// Returns: users INTEGER, who like anything; likes INTEGER, used; capped INTEGER, users with more likes than that;
//   userDecays FLOAT, sum over users of the newest like's decay; likeDecays FLOAT, sum over likes; without a half-life
//   the same as users and likes.
:param firstUserId => 1;
:param lastUserId => 100;
:param minRating => 4.0;
:param maxUserLikes => null;
:param halfLifeSeconds => null;
:param referenceTime => 0;

MATCH (u:User)
WHERE $firstUserId <= u.userId <= $lastUserId
// begin _shared/user_likes.cypher
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  WITH m.likeIndex AS index,
    0.5 ^ CASE
      WHEN r.timestamp >= $referenceTime THEN 0
      // More than that would be too small to be multiplied.
      WHEN r.timestamp < $referenceTime - 500 * $halfLifeSeconds THEN 500
      ELSE ($referenceTime - r.timestamp) / $halfLifeSeconds
    END
    AS decay
  ORDER BY r.timestamp DESC, m.movieId
  RETURN collect(index) AS allIndexes, collect(decay) AS allDecays
}
// end _shared/user_likes.cypher
WITH u, allIndexes, allIndexes[..coalesce($maxUserLikes, size(allIndexes))] AS indexes,
  CASE WHEN $halfLifeSeconds IS NOT NULL THEN allDecays[..coalesce($maxUserLikes, size(allDecays))] END AS decays
WHERE indexes <> []
SET u.likedIndexes = indexes, u.likeDecays = decays, u.likeAges = null
RETURN
  count(*) AS users,
  sum(size(indexes)) AS likes,
  sum(CASE WHEN size(allIndexes) > size(indexes) THEN 1 ELSE 0 END) AS capped,
  sum(CASE WHEN decays IS NULL THEN 1.0 ELSE decays[0] END) AS userDecays,
  sum(CASE WHEN decays IS NULL THEN toFloat(size(indexes)) ELSE reduce(s = 0.0, d IN decays | s + d) END) AS likeDecays;
