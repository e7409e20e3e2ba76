// The user whose ratings were loaded under a name.
// Parameters: name STRING.
// Returns: userId INTEGER.
:param name => 'me';

MATCH (u:User {name: $name})
RETURN u.userId AS userId
ORDER BY userId;
