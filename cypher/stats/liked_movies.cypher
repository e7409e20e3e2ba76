// How many movies have a like, by what counts as one.
// Parameters: thresholds LIST<FLOAT>, stars of a like.
// Returns: minRating FLOAT; movies INTEGER.
:param thresholds => [3.0, 4.0, 5.0];

UNWIND $thresholds AS minRating
CALL (minRating) {
  MATCH (m:Movie)
  WHERE EXISTS { (m)<-[r:RATED]-(:User) WHERE r.rating >= minRating }
  RETURN count(*) AS movies
}
RETURN minRating, movies
ORDER BY minRating;
