// Movies for a user, or for someone with these likes, best first, as recommend_sequential ranks them, of those
// that an index and the graph put forward.
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
//   candidates    = the movies of the largest logits by the indexes movie_logit and movie_encoder_logit, and of the largest
//                   graph sums and prediction sums
//   bound         = the score of a movie with the least of each of these four
// Where the last score is at least the bound, no other movie belongs into the list: as far as the index knows, which
// is approximate.
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
//   likeTimes LIST<INTEGER>, when each of `likes` was given: Unix seconds, 0 where nobody knows; candidates INTEGER,
//   >= 2, how many of each kind, among them some that the user has rated.
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT,
//   profileScore FLOAT, graphScore FLOAT, predictionScore FLOAT, encoderScore FLOAT; bound FLOAT, that no other movie's
//   score exceeds.
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
:param candidates => 400;
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
  // These relationships lead to movies only; to look at the label of each would take as long as to find it.
  CALL (train, likes, profile) {
    UNWIND likes AS like
    WITH like.movie AS liked, like.recency AS recency, like.age AS age
    WHERE age <= 10 * train.likeHalfLife
    MATCH (liked)-[f:FOLLOWED_BY]->(m)
    RETURN m, recency * f.weight / sqrt(m.likeCount) AS term, 0.0 AS predicted, 0 AS isRated,
      0 AS isNearProfile, 0 AS isNearUser
    UNION ALL
    UNWIND likes AS like
    WITH like.movie AS liked, like.age AS age
    WHERE age <= 10 * train.predictionHalfLife
    MATCH (liked)-[p:PREDICTS {generation: train.predictionGeneration}]->(m)
    WHERE m.likeIndex >= 0 AND m.likeCount > 0 // a derivation since the training may have left some without
    RETURN m, 0.0 AS term, 2.0 ^ (-age / train.predictionHalfLife) * p.weight AS predicted, 0 AS isRated,
      0 AS isNearProfile, 0 AS isNearUser
    UNION ALL
    // begin _shared/rated_and_near.cypher
    MATCH (:User {userId: $userId})-[:RATED]->(m)
    RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated, 0 AS isNearProfile, 0 AS isNearUser
    UNION ALL
    UNWIND $likes + $dislikes AS movieId
    MATCH (m:Movie {movieId: movieId})
    RETURN m, 0.0 AS term, 0.0 AS predicted, 1 AS isRated, 0 AS isNearProfile, 0 AS isNearUser
    UNION ALL
    UNWIND CASE WHEN profile IS NULL THEN [] ELSE [profile + [1.0, 0.0]] END AS vector
    CALL db.index.vector.queryNodes('movie_logit', $candidates, vector) YIELD node AS m
    WHERE m.likeIndex >= 0 AND m.likeCount > 0
    RETURN m, 0.0 AS term, 0.0 AS predicted, 0 AS isRated, 1 AS isNearProfile, 0 AS isNearUser
    UNION ALL
    UNWIND CASE WHEN $userEmbedding IS NULL THEN [] ELSE [$userEmbedding + [1.0, 0.0]] END AS vector
    CALL db.index.vector.queryNodes('movie_encoder_logit', $candidates, vector) YIELD node AS m
    WHERE m.likeIndex >= 0 AND m.likeCount > 0
    RETURN m, 0.0 AS term, 0.0 AS predicted, 0 AS isRated, 0 AS isNearProfile, 1 AS isNearUser
    // end _shared/rated_and_near.cypher
  }
  // begin _shared/candidates_by_index.cypher
  WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) = 1 AS isRated,
    max(isNearProfile) AS isNearProfile, max(isNearUser) AS isNearUser
  WITH
    collect([m, graphSum, predictionSum, isRated, isNearProfile, isNearUser]) AS found,
    sum(CASE WHEN graphSum > 0 THEN 1 ELSE 0 END) AS nLinked,
    sum(CASE WHEN predictionSum > 0 THEN 1 ELSE 0 END) AS nPredicted
  // Not ORDER BY with LIMIT: every row that it keeps counts all lists of the query as memory.
  CALL (found, nLinked) {
    UNWIND found AS row
    WITH row[1] AS graphSum
    WHERE graphSum > 0 AND nLinked > $candidates
    RETURN coalesce(percentileDisc(graphSum, 1.0 - 1.0 * $candidates / nLinked), 0.0) AS leastGraphSum
  }
  CALL (found, nPredicted) {
    UNWIND found AS row
    WITH row[2] AS predictionSum
    WHERE predictionSum > 0 AND nPredicted > $candidates
    RETURN coalesce(percentileDisc(predictionSum, 1.0 - 1.0 * $candidates / nPredicted), 0.0) AS leastPredictionSum
  }
  UNWIND found AS row
  WITH row[0] AS m, row[1] AS graphSum, row[2] AS predictionSum, row[3] AS isRated,
    row[4] AS isNearProfile, row[5] AS isNearUser, leastGraphSum, leastPredictionSum
  WHERE isNearProfile = 1
    OR isNearUser = 1
    OR (graphSum > 0 AND graphSum >= leastGraphSum)
    OR (predictionSum > 0 AND predictionSum >= leastPredictionSum)
  RETURN m, graphSum, predictionSum, isRated, isNearProfile, isNearUser, leastGraphSum, leastPredictionSum,
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
    AS encoderLogit
  // end _shared/candidates_by_index.cypher
}
// begin _shared/ranked_by_index.cypher
WITH
  train,
  max(CASE WHEN NOT isRated THEN logit END) AS maxLogit,
  max(CASE WHEN NOT isRated THEN graphSum END) AS maxGraphSum,
  max(CASE WHEN NOT isRated THEN predictionSum END) AS maxPredictionSum,
  max(CASE WHEN NOT isRated THEN encoderLogit END) AS maxEncoderLogit,
  min(CASE WHEN isNearProfile = 1 THEN logit END) AS leastLogit,
  min(CASE WHEN isNearUser = 1 THEN encoderLogit END) AS leastEncoderLogit,
  max(leastGraphSum) AS leastGraphSum,
  max(leastPredictionSum) AS leastPredictionSum,
  collect(CASE WHEN $withRated OR NOT isRated THEN [m, logit, graphSum, predictionSum, encoderLogit] END) AS candidates
CALL () {
  UNWIND CASE WHEN $popularity = 0 THEN [] ELSE [1] END AS one
  MATCH (m:Movie)
  RETURN coalesce(max(m.likeCount), 1) AS maxLikeCount
}
// The score of a movie that is none of the candidates is at most this. Below 0, popularity favours those that one user
// likes. Where the best of these were all rated, a movie that was not may be better than every candidate: nothing is
// certain then.
WITH train, candidates, maxLogit, maxGraphSum, maxPredictionSum, maxEncoderLogit, maxLikeCount,
  CASE WHEN coalesce(leastLogit > coalesce(maxLogit, leastLogit - 1), false)
    OR coalesce(leastGraphSum > coalesce(maxGraphSum, 0.0), false)
    OR coalesce(leastPredictionSum > coalesce(maxPredictionSum, 0.0), false)
    OR coalesce(leastEncoderLogit > coalesce(maxEncoderLogit, leastEncoderLogit - 1), false)
  THEN 1.0e308 ELSE
  (
    coalesce(exp((leastLogit - maxLogit) / train.profileTemperature), 0.0)
    + CASE WHEN leastGraphSum > 0 THEN train.graphWeight * leastGraphSum / maxGraphSum ELSE 0.0 END
    + CASE
        WHEN leastPredictionSum > 0 THEN train.predictionWeight * leastPredictionSum / maxPredictionSum
        ELSE 0.0
      END
    + coalesce(
        train.encoderWeight * exp((leastEncoderLogit - maxEncoderLogit) / train.encoderTemperature), 0.0
      )
  ) * CASE WHEN $popularity < 0 THEN maxLikeCount ^ -$popularity ELSE 1.0 END
  END AS bound
UNWIND candidates AS candidate
WITH candidate[0] AS m, maxLikeCount, bound,
  coalesce(exp((candidate[1] - maxLogit) / train.profileTemperature), 0.0) AS profileScore,
  CASE WHEN maxGraphSum > 0 THEN train.graphWeight * candidate[2] / maxGraphSum ELSE 0.0 END AS graphScore,
  CASE
    WHEN maxPredictionSum > 0 THEN train.predictionWeight * candidate[3] / maxPredictionSum
    ELSE 0.0
  END AS predictionScore,
  coalesce(train.encoderWeight * exp((candidate[4] - maxEncoderLogit) / train.encoderTemperature), 0.0) AS encoderScore
WHERE NOT m.movieId IN $exclude
  AND ($genres = [] OR any(genre IN $genres WHERE genre IN m.genres))
  AND all(genre IN $withGenres WHERE genre IN m.genres)
  AND none(genre IN $withoutGenres WHERE genre IN m.genres)
  AND ($fromYear IS NULL OR m.year >= $fromYear)
  AND ($toYear IS NULL OR m.year <= $toYear)
  AND ($minRatings = 0 OR COUNT { (m)<-[:RATED]-() } >= $minRatings)
WITH m, profileScore, graphScore, predictionScore, encoderScore, bound,
  (profileScore + graphScore + predictionScore + encoderScore) * (1.0 * m.likeCount / maxLikeCount) ^ $popularity
  AS score
WHERE score > 0
// An aggregation lets go of the list of candidates, which ORDER BY would count as memory for every row that it keeps.
WITH m, profileScore, graphScore, predictionScore, encoderScore, bound, max(score) AS score
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
  encoderScore,
  bound
// end _shared/ranked_by_index.cypher
ORDER BY score DESC, movieId;
