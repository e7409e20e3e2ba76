// Set likeCount on some movies, and with a half-life decayedLikeCount, the sum of their likes' decays.
// Parameters: likeIndexes LIST<INTEGER>; minRating FLOAT, stars, the lowest rating that is a like; isCapped BOOLEAN,
//   whether users' lists hold only their newest likes; halfLifeSeconds FLOAT or null; referenceTime INTEGER, Unix
//   seconds, when a like counts whole.
// Returns: likeIndex INTEGER; likes INTEGER.
:param likeIndexes => [0, 1];
:param minRating => 4.0;
:param isCapped => false;
:param halfLifeSeconds => null;
:param referenceTime => 0;

UNWIND $likeIndexes AS index
MATCH (m:Movie {likeIndex: index})
OPTIONAL MATCH (m)<-[r:RATED]-(u:User)
WHERE r.rating >= $minRating AND (NOT $isCapped OR index IN u.likedIndexes)
WITH
  m,
  index,
  count(u) AS likes,
  sum(
    // begin _shared/decay.cypher
    0.5 ^ CASE
      WHEN r.timestamp >= $referenceTime THEN 0
      // More than that would be too small to be multiplied.
      WHEN r.timestamp < $referenceTime - 500 * $halfLifeSeconds THEN 500
      ELSE ($referenceTime - r.timestamp) / $halfLifeSeconds
    END
    // end _shared/decay.cypher
  ) AS decayed
SET m.likeCount = likes, m.decayedLikeCount = CASE WHEN $halfLifeSeconds IS NOT NULL THEN decayed END
RETURN index AS likeIndex, likes
ORDER BY likeIndex;
