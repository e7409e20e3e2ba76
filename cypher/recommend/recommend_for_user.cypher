// Movies a user has not rated, best first, with the liked movies that speak most for each.
// Every liked movie next to a candidate in CO_LIKED is a piece of evidence:
//   share = weight * exp(2 * cosine of the two vectors);  score = sum of the shares.
// The 200 candidates with the largest sum of weights are scored. Where a movie has no vector, cosine is 0.
// Parameters: userId INTEGER; k INTEGER, >= 1.
// Returns: movieId INTEGER, title STRING, year INTEGER, genres LIST<STRING>, score FLOAT,
//   because LIST<MAP> of movieId, title, count (users who liked both), lift (times more than by chance),
//   share (of the score, 0 to 1).
:param userId => 1;
:param k => 10;

// What a like is, and how many users liked anything, is what the last derive took them to be. While that
// is not done, there is no answer.
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.atOnce, false)
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
WITH derive
WHERE derive.status = 'done'
MATCH (:User {userId: $userId})-[r:RATED]->(rated:Movie)
WITH derive, collect(rated) AS seen, collect(CASE WHEN r.rating >= derive.minRating THEN rated END) AS liked
UNWIND liked AS movie
MATCH (movie)-[c:CO_LIKED]-(m:Movie)
WITH derive, seen, m, sum(c.weight) AS weights, collect({movie: movie, edge: c}) AS evidence
WHERE NOT m IN seen
WITH derive, m, evidence
ORDER BY weights DESC, m.movieId
LIMIT 200
UNWIND evidence AS piece
WITH derive, m, piece.movie AS movie, piece.edge AS c
WITH derive, m, movie, c, c.weight * exp(2.0 * CASE
  WHEN m.embedding IS NULL OR movie.embedding IS NULL THEN 0.0
  // vector.similarity.cosine is (1 + cosine) / 2; this turns it back.
  ELSE 2.0 * vector.similarity.cosine(movie.embedding, m.embedding) - 1.0
END) AS share
ORDER BY share DESC, movie.movieId
WITH derive, m, sum(share) AS score, collect({movie: movie, edge: c, share: share})[..3] AS strongest
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  score,
  [piece IN strongest | {
    movieId: piece.movie.movieId,
    title: piece.movie.title,
    count: piece.edge.count,
    lift: 1.0 * piece.edge.count * derive.users / (piece.movie.likeCount * m.likeCount),
    share: piece.share / score
  }] AS because
ORDER BY score DESC, movieId;
