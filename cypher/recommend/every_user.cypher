// Every user.
// Parameters: none.
// Returns: userId INTEGER | STRING.

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order
RETURN u.userId AS userId
ORDER BY userId;
