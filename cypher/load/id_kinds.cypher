// What the ids of users and movies are.
// Parameters: none.
// Returns: userId and movieId STRING, each integer or text, null where there are none.

RETURN
  head(COLLECT {
    MATCH (u:User) RETURN CASE WHEN u.userId IS :: STRING THEN 'text' ELSE 'integer' END LIMIT 1
  }) AS userId,
  head(COLLECT {
    MATCH (m:Movie) RETURN CASE WHEN m.movieId IS :: STRING THEN 'text' ELSE 'integer' END LIMIT 1
  }) AS movieId;
