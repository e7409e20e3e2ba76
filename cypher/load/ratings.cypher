// Create or update one batch of ratings; position i of every list belongs to the same rating. The newer rating wins,
// of equally new ones the one that comes later. What an earlier load wrote is kept in lists, for
// "movierec load --remove".
// Parameters: userIds LIST<INTEGER | STRING>; movieIds LIST<INTEGER | STRING>, no pair twice; ratings LIST<FLOAT>,
//   stars; timestamps LIST<INTEGER>, Unix seconds; loadId INTEGER.
// Returns: written INTEGER, created or updated; repeated INTEGER, of a pair that this load had already written.
:param userIds => [1];
:param movieIds => [1];
:param ratings => [4.0];
:param timestamps => [964982703];
:param loadId => 1;

UNWIND range(0, size($userIds) - 1) AS i
MATCH (u:User {userId: $userIds[i]})
MATCH (m:Movie {movieId: $movieIds[i]})
MERGE (u)-[r:RATED]->(m)
WITH u, r, i, CASE
  WHEN r.rating IS NULL THEN 'new'
  WHEN r.loadId = $loadId AND r.timestamp > $timestamps[i] THEN 'repeated'
  WHEN r.loadId = $loadId THEN 'repeated, newer'
  WHEN r.timestamp > $timestamps[i] OR (r.timestamp = $timestamps[i] AND r.rating = $ratings[i]) THEN 'unchanged'
  ELSE 'newer'
END AS outcome
FOREACH (_ IN CASE WHEN outcome = 'newer' THEN [1] ELSE [] END |
  SET
    r.earlierRatings = coalesce(r.earlierRatings, []) + r.rating,
    r.earlierTimestamps = coalesce(r.earlierTimestamps, []) + r.timestamp,
    r.earlierLoads = coalesce(r.earlierLoads, []) + r.loadId
)
FOREACH (_ IN CASE WHEN outcome IN ['new', 'newer', 'repeated, newer'] THEN [1] ELSE [] END |
  SET r.rating = $ratings[i], r.timestamp = $timestamps[i], r.loadId = $loadId
  SET u:Changed
)
RETURN
  sum(CASE WHEN outcome IN ['new', 'newer'] THEN 1 ELSE 0 END) AS written,
  sum(CASE WHEN outcome IN ['repeated', 'repeated, newer'] THEN 1 ELSE 0 END) AS repeated;
