// The lists of likes that the last derivation kept on some users, newest first: for counting on this side.
// Parameters: firstUserId INTEGER | STRING; lastUserId INTEGER | STRING.
// Returns: userId INTEGER | STRING; indexes LIST<INTEGER>, likeIndexes of the movies; decays LIST<FLOAT>, null without a
//   half-life; ages LIST<FLOAT>, null where times tell no order.
:param firstUserId => 1;
:param lastUserId => 100;

MATCH (u:User)
WHERE $firstUserId <= u.userId <= $lastUserId AND u.likedIndexes IS NOT NULL
RETURN u.userId AS userId, u.likedIndexes AS indexes, u.likeDecays AS decays, u.likeAges AS ages
ORDER BY userId;
