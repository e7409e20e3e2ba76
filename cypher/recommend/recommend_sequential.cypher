// Movies for a user, or for somebody who likes some movies, best first: where the order of likes is known.
// A like weighs less the more likes came after it, its steps; a list of titles has no order, so all weigh the same:
//   recent = 2 ^ (-steps / recency), a = 1/2 of 1 / likes + 1/2 of recent / sum of recent
//   taste    = exp((logit - the best logit) / temperature), logit = (sum of a * profileEmbedding) . contextEmbedding + likeBias
//   evidence = sum over FOLLOWED_BY out of likes, up to 10 * recency steps ago, of recent * weight / sqrt(likeCount)
//   score    = taste + share * evidence / the most evidence; temperature and share are the live training's
// The best and the most are those of movies that the user has not rated, so filters change no score.
// Parameters: userId INTEGER or null; likes LIST<INTEGER>, movieIds liked besides; dislikes
//   LIST<INTEGER>, movieIds whose mean profileEmbedding is taken off the profile, by half; exclude LIST<INTEGER>, movieIds
//   to leave out; withRated BOOLEAN, movies that the user has rated too; anyGenre LIST<STRING>, one of these, empty:
//   whatever; allGenres LIST<STRING>, each of these; noGenres LIST<STRING>, none of these; fromYear INTEGER or null;
//   toYear INTEGER or null; minRatings INTEGER; popularity FLOAT, the score is multiplied by (likeCount / the largest)
//   ^ this; k INTEGER, >= 1.
// Returns: movieId INTEGER, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT; taste FLOAT and
//   evidence FLOAT, the two terms of the score.
:param userId => 1;
:param likes => [];
:param dislikes => [];
:param exclude => [];
:param withRated => false;
:param anyGenre => [];
:param allGenres => [];
:param noGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param popularity => 0.0;
:param k => 10;

// What a like is, and what the vectors were tuned for, is what the last derive and the live training took it to be.
MATCH (train:Run {stage: 'train', live: true})
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.singleTransaction, false)
WITH train, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
WITH train, derive
WHERE derive.status = 'done'
CALL (train, derive) {
  CALL (derive) {
    MATCH (:User {userId: $userId})-[r:RATED]->(liked:Movie)
    WHERE r.rating >= derive.minRating
    RETURN liked, r.timestamp AS time
    UNION ALL
    UNWIND $likes AS movieId
    MATCH (liked:Movie {movieId: movieId})
    WHERE NOT EXISTS { (:User {userId: $userId})-[r:RATED]->(liked) WHERE r.rating >= derive.minRating }
    RETURN liked, 0 AS time
  }
  WITH time, collect(liked) AS tied
  ORDER BY time DESC
  WITH collect(tied) AS groups
  WITH reduce(
    s = {n: 0, likes: []},
    tied IN groups |
    {n: s.n + size(tied), likes: s.likes + [m IN tied | {movie: m, step: s.n + (size(tied) - 1) / 2.0}]}
  ).likes AS likes
  RETURN [
    like IN likes |
    {movie: like.movie, ago: like.step - likes[0].step, recent: 2.0 ^ ((likes[0].step - like.step) / train.recency)}
  ] AS likes
}
CALL () {
  UNWIND $dislikes AS movieId
  MATCH (m:Movie {movieId: movieId})
  RETURN collect(m.profileEmbedding) AS disliked
}
CALL (likes, disliked) {
  // Only what was liked when the vectors were tuned has one.
  UNWIND likes AS like
  WITH like
  WHERE like.movie.profileEmbedding IS NOT NULL AND like.movie.likeCount > 0
  WITH collect(like.recent) AS recent, collect(like.movie.profileEmbedding) AS vectors
  WITH vectors, [r IN recent | 0.5 / size(recent) + 0.5 * r / reduce(s = 0.0, x IN recent | s + x)] AS a
  WITH CASE WHEN vectors <> [] THEN [
    d IN range(0, size(vectors[0]) - 1) |
    reduce(s = 0.0, i IN range(0, size(vectors) - 1) | s + a[i] * vectors[i][d])
      - reduce(s = 0.0, vector IN disliked | s + 0.5 * vector[d] / size(disliked))
  ] END AS profile
  RETURN profile, sqrt(reduce(s = 0.0, x IN profile | s + x * x)) AS length
}
CALL (train, likes, profile, length) {
  CALL (train, likes) {
    UNWIND likes AS like
    WITH like.movie AS liked, like.recent AS recent, like.ago AS ago
    WHERE ago <= 10 * train.recency
    MATCH (liked)-[f:FOLLOWED_BY]->(m:Movie)
    RETURN m, recent * f.weight / sqrt(m.likeCount) AS piece
    UNION ALL
    MATCH (m:Movie)
    WHERE m.likeIndex >= 0 AND m.likeCount > 0
    RETURN m, 0.0 AS piece
  }
  WITH m, sum(piece) AS evidence
  RETURN
    m,
    evidence,
    CASE
      WHEN profile IS NULL THEN null
      // A vector of zeros has no cosine.
      WHEN length = 0 OR m.contextLength = 0 THEN m.likeBias
      // vector.similarity.cosine is (1 + cosine) / 2; this turns it back, and the lengths make it a product.
      ELSE m.likeBias
        + (2.0 * vector.similarity.cosine(profile, m.contextEmbedding) - 1.0) * length * m.contextLength
    END AS logit,
    EXISTS { (:User {userId: $userId})-[:RATED]->(m) } OR m.movieId IN $likes + $dislikes AS isRated
}
WITH
  train,
  max(CASE WHEN NOT isRated THEN logit END) AS bestLogit,
  max(CASE WHEN NOT isRated THEN evidence END) AS mostEvidence,
  max(m.likeCount) AS mostLikes,
  collect([m, logit, evidence, isRated]) AS candidates
UNWIND candidates AS candidate
WITH candidate[0] AS m, candidate[3] AS isRated, mostLikes,
  coalesce(exp((candidate[1] - bestLogit) / train.temperature), 0.0) AS taste,
  CASE WHEN mostEvidence > 0 THEN train.evidence * candidate[2] / mostEvidence ELSE 0.0 END AS evidence
WHERE ($withRated OR NOT isRated)
  AND NOT m.movieId IN $exclude
  AND ($anyGenre = [] OR any(genre IN $anyGenre WHERE genre IN m.genres))
  AND all(genre IN $allGenres WHERE genre IN m.genres)
  AND none(genre IN $noGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
WITH m, taste, evidence, (taste + evidence) * (1.0 * m.likeCount / mostLikes) ^ $popularity AS score
WHERE score > 0
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  taste,
  evidence
ORDER BY score DESC, movieId;
