// Put on some movies how many users like them, and with a half-life the sum of their likes' decays.
// Parameters: indexes LIST<INTEGER>, likeIndexes; minRating FLOAT, stars; isCapped BOOLEAN, whether users' lists hold
//   only their newest likes; halfLife FLOAT or null, seconds; referenceTime INTEGER, Unix seconds, when a like counts
//   whole.
// Returns: likeIndex INTEGER; likes INTEGER; paths INTEGER, over a user who likes it to whatever that user likes.
:param indexes => [0, 1];
:param minRating => 4.0;
:param isCapped => false;
:param halfLife => null;
:param referenceTime => 0;

UNWIND $indexes AS index
MATCH (m:Movie {likeIndex: index})
OPTIONAL MATCH (m)<-[r:RATED]-(u:User)
WHERE r.rating >= $minRating AND (NOT $isCapped OR index IN u.likedIndexes)
WITH
  m,
  index,
  count(u) AS likes,
  sum(size(u.likedIndexes)) AS paths,
  sum(
    // [shared decay]
    0.5 ^ CASE
      WHEN r.timestamp >= $referenceTime THEN 0
      // More than that would be too small to be multiplied.
      WHEN r.timestamp < $referenceTime - 500 * $halfLife THEN 500
      ELSE ($referenceTime - r.timestamp) / $halfLife
    END
    // [end]
  ) AS decayed
SET m.likeCount = likes, m.decayedLikeCount = CASE WHEN $halfLife IS NOT NULL THEN decayed END
RETURN index AS likeIndex, likes, paths
ORDER BY likeIndex;
