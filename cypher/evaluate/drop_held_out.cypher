// Delete some held-out ratings: for choosing settings, in a database that was made for it.
// Parameters: limit INTEGER, how many.
// Returns: ratings INTEGER, how many there were, up to the limit.
:param limit => 10000;

MATCH (:User)-[h:HELD_OUT]->(:Movie)
WITH h
LIMIT $limit
DELETE h
RETURN count(*) AS ratings;
