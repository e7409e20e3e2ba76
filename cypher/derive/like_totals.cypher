// How many users like anything, and how many likes there are.
// Parameters: none.
// Returns: users INTEGER; likes INTEGER.

MATCH (u:User)
WHERE u.likedIndexes IS NOT NULL
RETURN count(*) AS users, sum(size(u.likedIndexes)) AS likes;
