// Forget the held-out ratings, so that the next split is one of the training part.
// Parameters: none.
// Returns: ratings INTEGER.

MATCH ()-[h:HELD_OUT]->()
DELETE h
RETURN count(*) AS ratings;
