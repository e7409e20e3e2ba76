// Store the likes of some users, which were sorted on the other side: derive/likes and derive/like_ages in one.
// Parameters: userIds LIST<INTEGER | STRING>; indexes LIST<LIST<INTEGER>>, of each user the likeIndexes, newest like
//   first; decays LIST<LIST<FLOAT>> or null, their decays; ages LIST<LIST<FLOAT>> or null, how many likes came after each.
// Returns: users INTEGER.
:param userIds => [1];
:param indexes => [[0, 1]];
:param decays => null;
:param ages => [[0.0, 1.0]];

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
SET u.likedIndexes = $indexes[i], u.likeDecays = $decays[i], u.likeAges = $ages[i]
RETURN count(*) AS users;
