// What each user likes, newest first, as the last derive kept it.
// Parameters: none.
// Returns: userId INTEGER; ranks LIST<INTEGER>, likeRanks of the movies; steps LIST<FLOAT>, how many likes ago each
//   was, 0 for the newest, null where times tell no order.

MATCH (u:User)
WHERE u.likedRanks IS NOT NULL AND u.userId IS NOT NULL // an index gives them in order, and no list waits
RETURN u.userId AS userId, u.likedRanks AS ranks, u.likedSteps AS steps
ORDER BY userId;
