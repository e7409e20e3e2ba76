// Why two movies are linked: the people who liked both.
// Look for: what else these people rated, by a double click on one. They are fans of a kind, or like everything.
// Parameters: none.
// Returns: path PATH.

MATCH path = (:Movie {title: 'Matrix, The (1999)'})<-[r:RATED]-(u:User)-[s:RATED]->(:Movie {title: 'Fight Club (1999)'})
WHERE r.rating >= 5.0 AND s.rating >= 5.0
RETURN path
ORDER BY u.userId
LIMIT 20;
