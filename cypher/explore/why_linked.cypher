// Why two movies are linked: the people who liked both.
// Look for: the people's other links, by a double click. Are they fans of a kind, or do they like everything?
// Parameters: title STRING; otherTitle STRING; minRating FLOAT, stars; k INTEGER, >= 1, people.
// Returns: path PATH.
:param title => "Matrix, The (1999)";
:param otherTitle => "Fight Club (1999)";
:param minRating => 5.0;
:param k => 20;

MATCH path = (:Movie {title: $title})<-[r:RATED]-(u:User)-[s:RATED]->(:Movie {title: $otherTitle})
WHERE r.rating >= $minRating AND s.rating >= $minRating
RETURN path
ORDER BY u.userId
LIMIT $k;
