// Store each of some users' likes, as derive/likes does, and label the movies whose likes have changed.
// Parameters: userIds LIST<INTEGER | STRING>; minRating FLOAT, stars, the lowest rating that is a like; maxUserLikes
//   INTEGER or null, the newest likes to use of each; halfLifeSeconds FLOAT or null; referenceTime INTEGER, Unix
//   seconds, when a like counts whole.
// Returns: movies INTEGER, how many were marked.
:param userIds => [1];
:param minRating => 4.0;
:param maxUserLikes => null;
:param halfLifeSeconds => null;
:param referenceTime => 0;

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
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
WITH u, coalesce(u.likedIndexes, []) AS oldIndexes, u.likeDecays AS oldDecays,
  allIndexes[..coalesce($maxUserLikes, size(allIndexes))] AS indexes,
  CASE WHEN $halfLifeSeconds IS NOT NULL THEN allDecays[..coalesce($maxUserLikes, size(allDecays))] END AS decays
SET
  u.likedIndexes = CASE WHEN indexes <> [] THEN indexes END,
  u.likeDecays = CASE WHEN indexes <> [] THEN decays END
WITH indexes, oldIndexes, decays,
  [i IN range(0, size(indexes) - 1) | [indexes[i], decays[i]]] AS likes,
  [i IN range(0, size(oldIndexes) - 1) | [oldIndexes[i], oldDecays[i]]] AS oldLikes
WITH [index IN oldIndexes WHERE NOT index IN indexes] + [
  like IN likes
  WHERE NOT like[0] IN oldIndexes OR (decays IS NOT NULL AND NOT like IN oldLikes) |
  like[0]
] AS changed
UNWIND changed AS index
MATCH (m:Movie {likeIndex: index})
SET m:Changed
RETURN count(DISTINCT m) AS movies;
