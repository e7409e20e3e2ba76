// The id of the user of a name, and the smallest id of any user with a name.
// Parameters: name STRING.
// Returns: known and smallest INTEGER, null where there is none.
:param name => 'me';

MATCH (u:User)
WHERE u.name IS NOT NULL
RETURN max(CASE WHEN u.name = $name THEN u.userId END) AS known, min(u.userId) AS smallest;
