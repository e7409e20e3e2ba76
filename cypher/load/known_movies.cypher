// How many of some movies are there, or are there and rated.
// Parameters: movieIds LIST<INTEGER | STRING>; mustBeRated BOOLEAN.
// Returns: movies INTEGER.
:param movieIds => [1, 2];
:param mustBeRated => true;

UNWIND $movieIds AS movieId
MATCH (m:Movie {movieId: movieId})
WHERE NOT $mustBeRated OR EXISTS { (m)<-[:RATED]-() }
RETURN count(m) AS movies;
