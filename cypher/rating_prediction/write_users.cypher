// Put one batch of vectors on their users; position i of both lists belongs together.
// Parameters: userIds LIST<INTEGER>; vectors LIST<LIST<FLOAT>>, all of one length.
// Returns: users INTEGER.
:param userIds => [1];
:param vectors => [[0.1, 0.2]];

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
SET u.ratingEmbedding = $vectors[i]
RETURN count(u) AS users;
