// The users whose ratings have changed since the last derivation.
// Parameters: none.
// Returns: userId INTEGER | STRING.

MATCH (u:User&Changed)
RETURN u.userId AS userId
ORDER BY userId;
