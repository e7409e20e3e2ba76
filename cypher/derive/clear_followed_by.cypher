// Delete some FOLLOWED_BY relationships.
// Parameters: limit INTEGER, how many.
// Returns: edges INTEGER, how many there were, up to the limit.
:param limit => 50000;

MATCH (:Movie)-[f:FOLLOWED_BY]->(:Movie)
WITH f
LIMIT $limit
DELETE f
RETURN count(*) AS edges;
