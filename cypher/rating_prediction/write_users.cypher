// Set the vectors of one batch of users, as 32-bit floats; position i of both lists belongs to the same user.
// Parameters: userIds LIST<INTEGER | STRING>; vectors LIST<LIST<FLOAT>>, all of one dimension.
// Returns: users INTEGER.
:param userIds => [1];
:param vectors => [[0.1, 0.2]];

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
CALL db.create.setNodeVectorProperty(u, 'ratingEmbedding', $vectors[i])
RETURN count(u) AS users;
