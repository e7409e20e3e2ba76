// The ratings of one movie by the year in which they were given.
// Parameters: movieId INTEGER | STRING.
// Returns: year INTEGER, null where no time is known; stars FLOAT; ratings INTEGER.
:param movieId => 2571;

MATCH (:Movie {movieId: $movieId})<-[r:RATED]-(:User)
WITH CASE WHEN r.timestamp > 0 THEN datetime({epochSeconds: r.timestamp}).year END AS year, r.rating AS stars
RETURN year, stars, count(*) AS ratings
ORDER BY year, stars;
