// When the newest like was given.
// Parameters: minRating FLOAT, stars.
// Returns: timestamp INTEGER, Unix seconds.
:param minRating => 4.0;

MATCH (:User)-[r:RATED]->(:Movie)
WHERE r.rating >= $minRating
RETURN max(r.timestamp) AS timestamp;
