// The ratings of some users, and when they were given; a time of 0 is no time.
// Parameters: userIds LIST<INTEGER | STRING>.
// Returns: userId INTEGER | STRING; ratings LIST<FLOAT>, stars, in any order; firstAt, lastAt INTEGER, Unix seconds or
//   null.
:param userIds => [1, 2];

UNWIND $userIds AS userId
MATCH (u:User {userId: userId})
CALL (u) {
  MATCH (u)-[r:RATED]->(:Movie)
  WITH r.rating AS rating, CASE WHEN r.timestamp > 0 THEN r.timestamp END AS timestamp
  RETURN collect(rating) AS ratings, min(timestamp) AS firstAt, max(timestamp) AS lastAt
}
RETURN userId, ratings, firstAt, lastAt
ORDER BY userId;
