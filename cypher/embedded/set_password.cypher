// Set the password of the user neo4j; runs on the database system.
// Parameters: password STRING.
// Returns: nothing.
:param password => 'example-of-a-password';

ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED;
