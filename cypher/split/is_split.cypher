// Is a part of the ratings held out?
// Parameters: none.
// Returns: isSplit BOOLEAN.

RETURN EXISTS { ()-[:HELD_OUT]->() } AS isSplit;
