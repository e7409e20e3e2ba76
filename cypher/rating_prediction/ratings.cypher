// Every rating of the training part, as lists per user; users without one too.
// Parameters: none.
// Returns: userId INTEGER | STRING; gender STRING, age INTEGER, occupation STRING, null where they are not known;
//   movieIds LIST<INTEGER | STRING>, ascending; ratings LIST<FLOAT>, stars.

MATCH (u:User)
WHERE u.userId IS NOT NULL // so that an index gives them in order, and no list waits to be sorted
CALL (u) {
  OPTIONAL MATCH (u)-[r:RATED]->(m:Movie)
  WITH m.movieId AS movieId, r.rating AS rating
  ORDER BY movieId
  RETURN collect(movieId) AS movieIds, collect(rating) AS ratings
}
RETURN u.userId AS userId, u.gender AS gender, u.age AS age, u.occupation AS occupation, movieIds, ratings
ORDER BY userId;
