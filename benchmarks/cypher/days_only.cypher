// Times to the day: that of every rating becomes the beginning of its day, in UTC.
// Parameters: none.
// Returns: ratings INTEGER, how many.

MATCH ()-[r:RATED]->()
CALL (r) {
  SET r.timestamp = r.timestamp - r.timestamp % 86400
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
