// Those of some genres that are a movie's.
// Parameters: genres LIST<STRING>.
// Returns: genre STRING.
:param genres => ['Comedy'];

UNWIND $genres AS genre
WITH DISTINCT genre
WHERE EXISTS { MATCH (m:Movie) WHERE genre IN m.genres }
RETURN genre
ORDER BY genre;
