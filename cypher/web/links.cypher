// How strongly some movies are linked with each other.
// Parameters: movieIds LIST<INTEGER | STRING>.
// Returns: movieId, otherId INTEGER | STRING; count INTEGER, users who like both; weight FLOAT, of CO_LIKED.
:param movieIds => [1196, 260, 1210];

MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie)
WHERE a.movieId IN $movieIds AND b.movieId IN $movieIds
RETURN a.movieId AS movieId, b.movieId AS otherId, c.count AS count, c.weight AS weight
ORDER BY weight DESC, movieId, otherId;
