// Keep the age of each like of some users, how many likes came after it: 0 for the newest. Likes of one time share
// their mean.
// Parameters: userIds LIST<INTEGER | STRING>; minRating FLOAT, stars, the lowest rating that is a like.
// Returns: users INTEGER.
:param userIds => [1];
:param minRating => 4.0;

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
CALL (u) {
  MATCH (u)-[r:RATED]->(:Movie)
  WHERE r.rating >= $minRating
  WITH r.timestamp AS time, count(*) AS tied
  ORDER BY time DESC
  RETURN collect(tied) AS sizes
}
WITH u, reduce(
  s = {likes: 0, ages: []},
  n IN sizes |
  {likes: s.likes + n, ages: s.ages + [_ IN range(1, n) | s.likes + (n - 1) / 2.0]}
).ages AS ages
SET u.likeAges = CASE WHEN u.likedIndexes IS NOT NULL THEN ages[..size(u.likedIndexes)] END
RETURN count(*) AS users;
