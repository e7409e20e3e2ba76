// Create the users of one batch who are not there yet.
// Parameters: userIds LIST<INTEGER>, without repetitions.
// Returns: users INTEGER.
:param userIds => [1, 2];

UNWIND $userIds AS userId
MERGE (u:User {userId: userId})
RETURN count(u) AS users;
