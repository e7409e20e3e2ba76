// Delete some CO_LIKED relationships.
// Parameters: limit INTEGER, how many.
// Returns: edges INTEGER, how many there were, up to the limit.
:param limit => 50000;

MATCH (:Movie)-[c:CO_LIKED]->(:Movie)
WITH c
LIMIT $limit
DELETE c
RETURN count(*) AS edges;
