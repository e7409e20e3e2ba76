// Forget what a load wrote where a later load has written over it.
// Parameters: loadId INTEGER.
// Returns: ratings INTEGER, in how many places.
:param loadId => 0;

MATCH ()-[r:RATED]->()
WHERE $loadId IN r.earlierLoads
CALL (r) {
  WITH r, [i IN range(0, size(r.earlierLoads) - 1) WHERE r.earlierLoads[i] <> $loadId] AS kept
  // An empty history is no history: null removes the property.
  SET
    r.earlierRatings = CASE WHEN kept = [] THEN null ELSE [i IN kept | r.earlierRatings[i]] END,
    r.earlierTimestamps = CASE WHEN kept = [] THEN null ELSE [i IN kept | r.earlierTimestamps[i]] END,
    r.earlierLoads = CASE WHEN kept = [] THEN null ELSE [i IN kept | r.earlierLoads[i]] END
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS ratings;
