// How many users liked each movie in the last days of the ratings; without those that nobody did.
// Parameters: minRating FLOAT, stars, the lowest rating that is a like; days FLOAT, how long before the newest rating.
// Returns: movieId INTEGER | STRING; likes INTEGER.
:param minRating => 4.0;
:param days => 365.0;

MATCH ()-[r:RATED]->()
WITH max(r.timestamp) AS newest
MATCH (m:Movie)<-[r:RATED]-()
WHERE r.rating >= $minRating AND r.timestamp >= newest - 86400 * $days
WITH m, count(*) AS likes
RETURN m.movieId AS movieId, likes
ORDER BY movieId;
