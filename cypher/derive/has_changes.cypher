// Whether anything has changed since the last derivation.
// Parameters: none.
// Returns: hasChanges BOOLEAN.

RETURN EXISTS { (:User:Changed) } OR EXISTS { (:Movie:Changed) } AS hasChanges;
