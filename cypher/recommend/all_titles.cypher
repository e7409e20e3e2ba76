// Every title, for finding the nearest to a misspelt one.
// Parameters: none.
// Returns: title STRING.

MATCH (m:Movie)
WHERE m.title IS NOT NULL
RETURN m.title AS title
ORDER BY title, m.movieId;
