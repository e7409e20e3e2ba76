// What a derivation with each threshold would count: a wedge is a user and two movies that the user likes.
// Parameters: thresholds LIST<FLOAT>, stars of a like.
// Returns: minRating FLOAT; likes INTEGER; users INTEGER, with a like; movies INTEGER, with a like; wedges INTEGER.
:param thresholds => [3.0, 4.0, 5.0];

UNWIND $thresholds AS minRating
CALL (minRating) {
  MATCH (u:User)-[r:RATED]->(:Movie)
  WHERE r.rating >= minRating
  WITH u, count(*) AS likes
  RETURN sum(likes) AS likes, count(u) AS users, sum(likes * (likes - 1) / 2) AS wedges
}
CALL (minRating) {
  MATCH (:User)-[r:RATED]->(m:Movie)
  WHERE r.rating >= minRating
  RETURN count(DISTINCT m) AS movies
}
RETURN minRating, likes, users, movies, wedges
ORDER BY minRating;
