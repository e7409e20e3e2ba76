// A user, if there is one of this id.
// Parameters: userId INTEGER.
// Returns: userId INTEGER.
:param userId => 1;

MATCH (u:User {userId: $userId})
RETURN u.userId AS userId
ORDER BY userId;
