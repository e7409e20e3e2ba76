// Movies for a user, or for somebody who likes some movies, best first: where the order of likes is not known.
//   taste    = exp((logit - the best logit) / temperature), logit = (mean of profileEmbedding) . contextEmbedding + likeBias
//   evidence = sum of weight over CO_LIKED to likes
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

// What a like is, is what the last derive took it to be.
MATCH (train:Run {stage: 'train', live: true})
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.singleTransaction, false)
WITH train, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
WITH train, derive
WHERE derive.status = 'done'
CALL (derive) {
  CALL (derive) {
    MATCH (:User {userId: $userId})-[r:RATED]->(liked:Movie)
    WHERE r.rating >= derive.minRating
    RETURN liked
    UNION
    UNWIND $likes AS movieId
    MATCH (liked:Movie {movieId: movieId})
    RETURN liked
  }
  RETURN collect(liked) AS likes
}
CALL () {
  UNWIND $dislikes AS movieId
  MATCH (m:Movie {movieId: movieId})
  RETURN collect(m.profileEmbedding) AS disliked
}
CALL (likes, disliked) {
  // Only what was liked when the vectors were tuned has one.
  UNWIND likes AS liked
  WITH liked
  WHERE liked.likeCount > 0
  WITH collect(liked.profileEmbedding) AS vectors
  WITH CASE WHEN vectors <> [] THEN [
    d IN range(0, size(vectors[0]) - 1) |
    reduce(s = 0.0, i IN range(0, size(vectors) - 1) | s + vectors[i][d]) / size(vectors)
      - reduce(s = 0.0, vector IN disliked | s + 0.5 * vector[d] / size(disliked))
  ] END AS profile
  RETURN profile, sqrt(reduce(s = 0.0, x IN profile | s + x * x)) AS length
}
CALL (likes, profile, length) {
  CALL (likes) {
    UNWIND likes AS liked
    MATCH (liked)-[c:CO_LIKED]-(m:Movie)
    RETURN m, c.weight AS piece
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
