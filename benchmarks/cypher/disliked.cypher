// What every user dislikes, of what is not held out.
// Parameters: most FLOAT, stars, up to which a rating is a dislike.
// Returns: userId INTEGER | STRING; movieIds LIST<INTEGER | STRING>.
:param most => 2.0;

MATCH (u:User)-[r:RATED]->(m:Movie)
WHERE r.rating <= $most AND m.likeIndex >= 0
WITH u, m
ORDER BY m.movieId
RETURN u.userId AS userId, collect(m.movieId) AS movieIds
ORDER BY userId;
