// What one user has rated.
// Parameters: userId INTEGER | STRING.
// Returns: userId INTEGER | STRING; gender STRING, age INTEGER, occupation STRING, null where they are not known;
//   movieIds LIST<INTEGER | STRING>, ascending; ratings LIST<FLOAT>, stars.
:param userId => 1;

MATCH (u:User {userId: $userId})
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED]->(m:Movie)
  WITH m.movieId AS movieId, r.rating AS rating
  ORDER BY movieId
  RETURN collect(movieId) AS movieIds, collect(rating) AS ratings
}
RETURN u.userId AS userId, u.gender AS gender, u.age AS age, u.occupation AS occupation, movieIds, ratings
ORDER BY userId;
