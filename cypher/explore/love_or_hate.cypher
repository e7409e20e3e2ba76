// The movies that people disagree about most.
// Look for: loved and hated together. A mean in the middle can hide two camps.
// Parameters: none.
// Returns: title STRING; mean, spread FLOAT, stars; loved, hated, ratings INTEGER.

MATCH (m:Movie)<-[r:RATED]-(:User)
WITH m, count(*) AS ratings, avg(r.rating) AS mean, stDev(r.rating) AS spread,
  sum(CASE WHEN r.rating >= 4.5 THEN 1 ELSE 0 END) AS loved,
  sum(CASE WHEN r.rating <= 2 THEN 1 ELSE 0 END) AS hated
WHERE ratings >= 30
RETURN m.title AS title, round(mean, 2) AS mean, round(spread, 2) AS spread, loved, hated, ratings
ORDER BY spread DESC, title
LIMIT 15;
