// How many ratings there are of each value, and when they were given; a time of 0 is no time.
// Parameters: none.
// Returns: rating FLOAT, stars; ratings INTEGER; firstAt, lastAt INTEGER, Unix seconds or null.

MATCH (:User)-[r:RATED]->(:Movie)
WITH r.rating AS rating, CASE WHEN r.timestamp > 0 THEN r.timestamp END AS timestamp
RETURN rating, count(*) AS ratings, min(timestamp) AS firstAt, max(timestamp) AS lastAt
ORDER BY rating;
