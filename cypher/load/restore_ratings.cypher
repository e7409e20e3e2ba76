// Where a load had changed a rating, make it what it was before.
// Parameters: loadId INTEGER.
// Returns: ratings INTEGER, how many.
:param loadId => 0;

MATCH (u:User)-[r:RATED]->()
WHERE r.loadId = $loadId AND r.earlierLoads IS NOT NULL
CALL (u, r) {
  WITH u, r, size(r.earlierLoads) - 1 AS last
  SET
    u:Changed,
    r.rating = r.earlierRatings[last],
    r.timestamp = r.earlierTimestamps[last],
    r.loadId = r.earlierLoads[last],
    // An empty history is no history: null removes the property.
    r.earlierRatings = CASE WHEN last = 0 THEN null ELSE r.earlierRatings[..last] END,
    r.earlierTimestamps = CASE WHEN last = 0 THEN null ELSE r.earlierTimestamps[..last] END,
    r.earlierLoads = CASE WHEN last = 0 THEN null ELSE r.earlierLoads[..last] END
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
