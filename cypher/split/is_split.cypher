// Whether a part of the ratings is held out.
// Parameters: none.
// Returns: isSplit BOOLEAN.

RETURN EXISTS { ()-[:HELD_OUT]->() } AS isSplit;
