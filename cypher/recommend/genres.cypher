// All genres.
// Parameters: none.
// Returns: genre STRING.

MATCH (m:Movie)
UNWIND m.genres AS genre
RETURN DISTINCT genre
ORDER BY genre;
