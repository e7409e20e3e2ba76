// Movies for a user, or for someone with these likes, best first: with the order of likes.
// A like's age is how many likes came after it; likes of one time share their mean age.
//   recency       = 2 ^ (-age / half-life of a like), a = 1/2 of 1 / likes + 1/2 of recency / sum of recency
//   logit         = (sum of a * profileEmbedding over likes) . contextEmbedding + likeBias; in the dimensions of both that
//                   were trained without the order of likes a = 1 / likes
//   graph sum     = sum of recency * weight / sqrt(likeCount) over FOLLOWED_BY out of likes up to 10 half-lives old
//   prediction sum = sum of 2 ^ (-age / half-life of a prediction) * weight over PREDICTS out of likes, likewise
// begin _shared/score_terms.cypher
//   profile score    = exp((logit - the largest logit) / temperature)
//   graph score      = graph weight * graph sum / the largest graph sum
//   prediction score = prediction weight * prediction sum / the largest prediction sum
//   encoder score    = encoder weight * exp((encoder logit - the largest) / encoder temperature)
//                      encoder logit = userEmbedding . encoderEmbedding + encoderBias
//   score            = the sum of the four; temperatures and weights are those of the live model
// What is largest is taken over the movies that the user has not rated, so filters change no score.
// end _shared/score_terms.cypher
// begin _shared/request_parameters.cypher
// Parameters: userId INTEGER | STRING or null; likes LIST<INTEGER | STRING>, movieIds, more likes; dislikes
//   LIST<INTEGER | STRING>, movieIds: half of their mean profileEmbedding is subtracted from the profile; withRated
//   BOOLEAN, whether to return rated movies too; popularity FLOAT, exponent, the score is multiplied by (likeCount /
//   largest likeCount) ^ popularity; k INTEGER, >= 1;
//   userEmbedding LIST<FLOAT> or null, what the user encoder makes of the likes (null: the encoder score is 0);
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/request_parameters.cypher
//   likeTimes LIST<INTEGER>, when each of `likes` was given: Unix seconds, 0 where nobody knows.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT,
//   profileScore FLOAT, graphScore FLOAT, predictionScore FLOAT, encoderScore FLOAT.
:param userId => 1;
:param likes => [];
:param likeTimes => [];
:param dislikes => [];
:param userEmbedding => null;
:param exclude => [];
:param withRated => false;
:param genres => [];
:param withGenres => [];
:param withoutGenres => [];
:param fromYear => null;
:param toYear => null;
:param minRatings => 0;
:param popularity => 0.0;
:param k => 10;

// begin _shared/live_model.cypher
// The last derivation defines which ratings are likes; the train Run of the live model, the settings of the scores.
MATCH (train:Run {stage: 'train', live: true})
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.singleTransaction, false)
WITH train, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
// As maps: a Run has many properties, and to find one of them for every movie takes time.
WITH properties(train) AS train, properties(derive) AS derive
WHERE derive.status = 'done'
// end _shared/live_model.cypher
CALL (train, derive) {
  CALL (derive) {
    MATCH (:User {userId: $userId})-[r:RATED]->(liked:Movie)
    WHERE r.rating >= derive.minRating
    RETURN liked, r.timestamp AS time
    UNION ALL
    UNWIND range(0, size($likes) - 1) AS i
    MATCH (liked:Movie {movieId: $likes[i]})
    WHERE NOT EXISTS { (:User {userId: $userId})-[r:RATED]->(liked) WHERE r.rating >= derive.minRating }
    RETURN liked, $likeTimes[i] AS time
  }
  WITH time, collect(liked) AS tied
  ORDER BY time DESC
  WITH collect(tied) AS groups
  WITH reduce(
    s = {n: 0, likes: []},
    tied IN groups |
    {n: s.n + size(tied), likes: s.likes + [m IN tied | {movie: m, newer: s.n + (size(tied) - 1) / 2.0}]}
  ).likes AS likes
  RETURN [
    like IN likes |
    {
      movie: like.movie,
      age: like.newer - likes[0].newer,
      recency: 2.0 ^ ((likes[0].newer - like.newer) / train.likeHalfLife)
    }
  ] AS likes
}
// begin _shared/disliked.cypher
CALL () {
  UNWIND $dislikes AS movieId
  MATCH (m:Movie {movieId: movieId})
  RETURN collect(m.profileEmbedding) AS disliked
}
// end _shared/disliked.cypher
CALL (train, likes, disliked) {
  // Only movies that were liked when the profiles were trained have a vector.
  UNWIND likes AS like
  WITH like
  WHERE like.movie.profileEmbedding IS NOT NULL AND like.movie.likeCount > 0
  WITH collect(like.recency) AS recency, collect(like.movie.profileEmbedding) AS vectors
  WITH vectors, [r IN recency | 0.5 / size(recency) + 0.5 * r / reduce(s = 0.0, x IN recency | s + x)] AS a,
    coalesce(train.genreDimensions, 0) + train.embeddingSize AS orderedDimensions
  WITH CASE WHEN vectors <> [] THEN [
    d IN range(0, size(vectors[0]) - 1) |
    // The dimensions after these were trained without the order of likes, which all weigh the same there.
    CASE
      WHEN d < orderedDimensions THEN reduce(s = 0.0, i IN range(0, size(vectors) - 1) | s + a[i] * vectors[i][d])
      ELSE reduce(s = 0.0, vector IN vectors | s + vector[d]) / size(vectors)
    END
      - reduce(s = 0.0, vector IN disliked | s + 0.5 * vector[d] / size(disliked))
  ] END AS profile
  RETURN profile, sqrt(reduce(s = 0.0, x IN profile | s + x * x)) AS norm
}
// begin _shared/user_norm.cypher
CALL () {
  RETURN sqrt(reduce(s = 0.0, x IN $userEmbedding | s + x * x)) AS userNorm
}
// end _shared/user_norm.cypher
CALL (train, likes, profile, norm, userNorm) {
  CALL (train, likes) {
    UNWIND likes AS like
    WITH like.movie AS liked, like.recency AS recency, like.age AS age
    WHERE age <= 10 * train.likeHalfLife
    MATCH (liked)-[f:FOLLOWED_BY]->(m)
    WITH m, sum(recency * f.weight) AS total
    RETURN m, total / sqrt(m.likeCount) AS term, 0.0 AS predicted, 0 AS isRated
    UNION ALL
    UNWIND likes AS like
    WITH like.movie AS liked, like.age AS age
    WHERE age <= 10 * train.predictionHalfLife
    WITH liked, 2.0 ^ (-age / train.predictionHalfLife) AS recency
    MATCH (liked)-[p:PREDICTS {generation: train.predictionGeneration}]->(m)
    RETURN m, 0.0 AS term, sum(recency * p.weight) AS predicted, 0 AS isRated
    UNION ALL
    MATCH (m:Movie)
    WHERE m.likeIndex >= 0 AND m.likeCount > 0
    RETURN m, 0.0 AS term, 0.0 AS predicted, 0 AS isRated
    UNION ALL
    // begin _shared/rated.cypher
    MATCH (:User {userId: $userId})-[:RATED]->(m)
    RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated
    // end _shared/rated.cypher
  }
  // begin _shared/logit.cypher
  WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) AS isRated
  WHERE m.likeIndex >= 0 AND m.likeCount > 0 // a derivation since the training may have left some without
  RETURN
    m,
    graphSum,
    predictionSum,
    CASE
      WHEN profile IS NULL THEN null
      // A vector of zeros has no cosine.
      WHEN norm = 0 OR m.contextNorm = 0 THEN m.likeBias
      // vector.similarity.cosine is (1 + cosine) / 2; this turns it back, and the norms make it a product.
      ELSE m.likeBias
        + (2.0 * vector.similarity.cosine(profile, m.contextEmbedding) - 1.0) * norm * m.contextNorm
    END
    AS logit,
    CASE
      WHEN $userEmbedding IS NULL THEN null
      WHEN userNorm = 0 OR m.encoderNorm = 0 THEN m.encoderBias
      ELSE m.encoderBias
        + (2.0 * vector.similarity.cosine($userEmbedding, m.encoderEmbedding) - 1.0)
          * userNorm * m.encoderNorm
    END
    AS encoderLogit,
    isRated = 1 OR m.movieId IN $likes + $dislikes AS isRated
  // end _shared/logit.cypher
}
// begin _shared/ranked.cypher
WITH
  train,
  max(CASE WHEN NOT isRated THEN logit END) AS maxLogit,
  max(CASE WHEN NOT isRated THEN graphSum END) AS maxGraphSum,
  max(CASE WHEN NOT isRated THEN predictionSum END) AS maxPredictionSum,
  max(CASE WHEN NOT isRated THEN encoderLogit END) AS maxEncoderLogit,
  max(m.likeCount) AS maxLikeCount,
  collect([m, logit, graphSum, predictionSum, encoderLogit, isRated]) AS candidates
UNWIND candidates AS candidate
WITH candidate[0] AS m, candidate[5] AS isRated, maxLikeCount,
  coalesce(exp((candidate[1] - maxLogit) / train.profileTemperature), 0.0) AS profileScore,
  CASE WHEN maxGraphSum > 0 THEN train.graphWeight * candidate[2] / maxGraphSum ELSE 0.0 END AS graphScore,
  CASE
    WHEN maxPredictionSum > 0 THEN train.predictionWeight * candidate[3] / maxPredictionSum
    ELSE 0.0
  END AS predictionScore,
  coalesce(train.encoderWeight * exp((candidate[4] - maxEncoderLogit) / train.encoderTemperature), 0.0) AS encoderScore
WHERE ($withRated OR NOT isRated)
  AND NOT m.movieId IN $exclude
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
WITH m, profileScore, graphScore, predictionScore, encoderScore,
  (profileScore + graphScore + predictionScore + encoderScore) * (1.0 * m.likeCount / maxLikeCount) ^ $popularity
  AS score
WHERE score > 0
// An aggregation lets go of the list of candidates, which ORDER BY would count as memory for every row that it keeps.
WITH m, profileScore, graphScore, predictionScore, encoderScore, max(score) AS score
ORDER BY score DESC, m.movieId
LIMIT $k
RETURN
  m.movieId AS movieId,
  m.title AS title,
  m.year AS year,
  m.genres AS genres,
  m.likeCount AS likeCount,
  score,
  profileScore,
  graphScore,
  predictionScore,
  encoderScore
// end _shared/ranked.cypher
ORDER BY score DESC, movieId;
