// The given userIds that exist.
// Parameters: userIds LIST<INTEGER | STRING>.
// Returns: userId INTEGER | STRING.
:param userIds => [1];

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
RETURN DISTINCT u.userId AS userId
ORDER BY userId;
