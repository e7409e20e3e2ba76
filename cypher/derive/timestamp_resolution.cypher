// Whether times say which of two likes came first: likes of one user that follow each other within an hour.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like.
// Returns: distinct INTEGER, such likes with different times; tied INTEGER, with the same time.
:param minRating => 4.0;

MATCH (u:User)
CALL (u) {
  MATCH (u)-[r:RATED]->(:Movie)
  WHERE r.rating >= $minRating
  WITH r.timestamp AS time
  ORDER BY time
  RETURN collect(time) AS times
}
UNWIND range(1, size(times) - 1) AS i
WITH times[i] - times[i - 1] AS gap
WHERE gap <= 3600
RETURN count(CASE WHEN gap > 0 THEN 1 END) AS distinct, count(CASE WHEN gap = 0 THEN 1 END) AS tied;
