// Create movies with titles, many at once.
// Parameters: rows LIST<MAP>, of movieId INTEGER and title STRING.
// Returns: movies INTEGER.

UNWIND $rows AS row
CREATE (m:Movie {movieId: row.movieId, title: row.title})
RETURN count(m) AS movies;
