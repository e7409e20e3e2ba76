// Every rating that was held out, as lists per user.
// Parameters: none.
// Returns: userId INTEGER; movieIds LIST<INTEGER>, ascending; ratings LIST<FLOAT>, stars.

MATCH (u:User)-[h:HELD_OUT]->(m:Movie)
WITH u.userId AS userId, m.movieId AS movieId, h.rating AS rating
ORDER BY userId, movieId
RETURN userId, collect(movieId) AS movieIds, collect(rating) AS ratings
ORDER BY userId;
