// Give a user the name under which the ratings were loaded.
// Parameters: userId INTEGER; name STRING.
// Returns: userId INTEGER.
:param userId => -1;
:param name => 'me';

MATCH (u:User {userId: $userId})
SET u.name = $name
RETURN u.userId AS userId;
