// The smallest and largest user id, to tell what ids there are.
// Parameters: none.
// Returns: smallest INTEGER, largest INTEGER; both null without users.

MATCH (u:User)
RETURN min(u.userId) AS smallest, max(u.userId) AS largest;
