// How a movie was rated through the years.
// Look for: a mean that rises while the ratings get fewer. In the end only fans watch it.
// Parameters: title STRING.
// Returns: year INTEGER; ratings INTEGER; mean FLOAT, stars.
:param title => "Pulp Fiction (1994)";

MATCH (:Movie {title: $title})<-[r:RATED]-(:User)
WITH datetime({epochSeconds: r.timestamp}).year AS year, r.rating AS rating
RETURN year, count(*) AS ratings, round(avg(rating), 2) AS mean
ORDER BY year;
