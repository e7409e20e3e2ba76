// The smallest and largest user id in files, to tell what ids there are.
// Parameters: none.
// Returns: smallest and largest INTEGER | STRING; both null without users.

MATCH (u:User)
WHERE u.name IS NULL
RETURN min(u.userId) AS smallest, max(u.userId) AS largest;
