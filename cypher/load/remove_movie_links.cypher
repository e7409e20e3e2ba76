// Delete what derivations and trainings have put between the movies that remove_movies.cypher deletes next: in small
// transactions, as a movie may have thousands of relationships.
// Parameters: loadId INTEGER.
// Returns: relationships INTEGER, how many.
:param loadId => 0;

MATCH (m:Movie)
WHERE (m.loadId = $loadId OR m.loadId IS NULL) AND NOT EXISTS { (m)<-[:RATED|HELD_OUT|TAGGED]-() }
MATCH (m)-[r:CO_LIKED|FOLLOWED_BY|PREDICTS]-()
WITH DISTINCT r
CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS relationships;
