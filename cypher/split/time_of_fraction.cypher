// The moment after which a fraction of all likes was given, held out or not: the same before and after a split.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; fraction FLOAT, of all likes.
// Returns: timestamp INTEGER, Unix seconds; null when there is no like.
:param minRating => 4.0;
:param fraction => 0.2;

MATCH (:User)-[r:RATED|HELD_OUT]->(:Movie)
WHERE r.rating >= $minRating
RETURN percentileDisc(r.timestamp, 1.0 - $fraction) AS timestamp;
