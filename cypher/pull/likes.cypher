// What each user likes, newest first, as the last derivation kept it.
// Parameters: none.
// Returns: userId INTEGER | STRING; indexes LIST<INTEGER>, likeIndexes of the movies; ages LIST<FLOAT>, how many likes
//   ago each was, 0 for the newest, null where times tell no order.

MATCH (u:User)
WHERE u.likedIndexes IS NOT NULL AND u.userId IS NOT NULL // an index gives them in order, and no list waits
RETURN u.userId AS userId, u.likedIndexes AS indexes, u.likeAges AS ages
ORDER BY userId;
