// How many users like anything, how many likes there are, and how many paths from a movie over a user who likes it to
// each movie that this user likes.
// Parameters: none.
// Returns: users INTEGER; likes INTEGER; paths INTEGER.

MATCH (u:User)
WHERE u.likedIndexes IS NOT NULL
WITH size(u.likedIndexes) AS likes
RETURN count(*) AS users, sum(likes) AS likes, sum(likes * likes) AS paths;
