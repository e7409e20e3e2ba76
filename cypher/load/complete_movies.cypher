// Give movies that came with an import of ratings the empty list of genres that the importer cannot write.
// Parameters: loadId INTEGER.
// Returns: movies INTEGER, how many.
:param loadId => 1;

MATCH (m:Movie {loadId: $loadId})
WHERE m.genres IS NULL
CALL (m) { SET m.genres = [] } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS movies;
