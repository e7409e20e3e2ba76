// Set the vectors of one batch of movies, as 32-bit floats; position i of both lists belongs to the same movie.
// Parameters: movieIds LIST<INTEGER | STRING>; vectors LIST<LIST<FLOAT>>, all of one dimension.
// Returns: movies INTEGER.
:param movieIds => [1];
:param vectors => [[0.1, 0.2]];

UNWIND range(0, size($movieIds) - 1) AS i
MATCH (m:Movie {movieId: $movieIds[i]})
// SET would store 64 bits for each number, which take longer to read.
CALL db.create.setNodeVectorProperty(m, 'embedding', $vectors[i])
RETURN count(m) AS movies;
