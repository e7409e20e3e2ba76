// What some users like, and when, in any order: for a derivation that counts on this side.
// Parameters: firstUserId INTEGER | STRING; lastUserId INTEGER | STRING; minRating FLOAT, stars, the lowest rating that
//   is a like.
// Returns: userId INTEGER | STRING; indexes LIST<INTEGER>, likeIndexes of the movies; timestamps LIST<INTEGER>, Unix
//   seconds.
:param firstUserId => 1;
:param lastUserId => 100;
:param minRating => 4.0;

MATCH (u:User)
WHERE $firstUserId <= u.userId <= $lastUserId
CALL (u) {
  MATCH (u)-[r:RATED]->(m:Movie)
  WHERE r.rating >= $minRating
  RETURN collect(m.likeIndex) AS indexes, collect(r.timestamp) AS timestamps
}
WITH u, indexes, timestamps
WHERE indexes <> []
RETURN u.userId AS userId, indexes, timestamps
ORDER BY userId;
