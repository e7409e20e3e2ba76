// The users of whom likes were held out.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: userId INTEGER | STRING.
:param minRating => 4.0;

MATCH (u:User)
WHERE u.userId IS NOT NULL AND EXISTS { (u)-[h:HELD_OUT WHERE h.rating >= $minRating]->(:Movie) }
RETURN u.userId AS userId
ORDER BY userId;
