// Set likeCount on some movies, and with a half-life decayedLikeCount, the sum of their likes' decays, both counted on
// the other side.
// Parameters: likeIndexes LIST<INTEGER>; likes LIST<INTEGER>; decayed LIST<FLOAT> or null.
// Returns: movies INTEGER.
:param likeIndexes => [0, 1];
:param likes => [215, 63];
:param decayed => null;

UNWIND range(0, size($likeIndexes) - 1) AS i
MATCH (m:Movie {likeIndex: $likeIndexes[i]})
SET m.likeCount = $likes[i], m.decayedLikeCount = $decayed[i]
RETURN count(*) AS movies;
