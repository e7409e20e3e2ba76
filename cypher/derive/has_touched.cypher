// Whether anything has changed since the last derive.
// Parameters: none.
// Returns: hasTouched BOOLEAN.

RETURN EXISTS { (:User:Touched) } OR EXISTS { (:Movie:Touched) } AS hasTouched;
