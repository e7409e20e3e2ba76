// The version and edition of the server.
// Parameters: none.
// Returns: version STRING, edition STRING.

CALL dbms.components() YIELD name, versions, edition
WHERE name = 'Neo4j Kernel'
RETURN versions[0] AS version, edition
ORDER BY version;
