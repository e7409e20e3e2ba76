// How a movie was rated through the years.
// Look for: a mean that rises while the ratings get fewer. In the end only fans watch it.
// Parameters: none.
// Returns: year INTEGER; ratings INTEGER; mean FLOAT, stars.

MATCH (:Movie {title: 'Pulp Fiction (1994)'})<-[r:RATED]-(:User)
WITH datetime({epochSeconds: r.timestamp}).year AS year, r.rating AS rating
RETURN year, count(*) AS ratings, round(avg(rating), 2) AS mean
ORDER BY year;
