// Movies for a user, or for someone with these likes, best first: without the order of likes.
//   logit         = (mean of the likes' unorderedProfileEmbedding) . unorderedContextEmbedding + unorderedLikeBias
//   graph sum     = sum of weight over CO_LIKED to likes
//   prediction sum = sum of weight over PREDICTS out of likes
// begin _shared/score_terms.cypher, unordered
//   profile score    = exp((logit - the largest logit) / temperature)
//   graph score      = graph weight * graph sum / the largest graph sum
//   prediction score = prediction weight * prediction sum / the largest prediction sum
//   encoder score    = encoder weight * exp((encoder logit - the largest) / encoder temperature)
//                      encoder logit = userEmbedding . unorderedEncoderEmbedding + unorderedEncoderBias
//   score            = the sum of the four; temperatures and weights are those of the live model
// What is largest is taken over the movies that the user has not rated, so filters change no score.
// end _shared/score_terms.cypher
// begin _shared/request_parameters.cypher, unordered
// Parameters: userId INTEGER | STRING or null; likes LIST<INTEGER | STRING>, movieIds, more likes; dislikes
//   LIST<INTEGER | STRING>, movieIds: half of their mean unorderedProfileEmbedding is subtracted from the profile; withRated
//   BOOLEAN, whether to return rated movies too; popularity FLOAT, exponent, the score is multiplied by (likeCount /
//   largest likeCount) ^ popularity; k INTEGER, >= 1;
//   userEmbedding LIST<FLOAT> or null, what the user encoder makes of the likes (null: the encoder score is 0);
//   exclude LIST<INTEGER | STRING>, movieIds to leave out; genres LIST<STRING>, one of these, empty: any; withGenres
//   LIST<STRING>, each of these; withoutGenres LIST<STRING>, none of these; fromYear INTEGER or null; toYear INTEGER or
//   null; minRatings INTEGER, minimum number of users who rated a movie;
// end _shared/request_parameters.cypher
// Returns: movieId INTEGER | STRING, title STRING, year INTEGER, genres LIST<STRING>, likeCount INTEGER, score FLOAT,
//   profileScore FLOAT, graphScore FLOAT, predictionScore FLOAT, encoderScore FLOAT.
:param userId => 1;
:param likes => [];
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

// begin _shared/live_model_unordered.cypher
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
// A sequential training has settings for both questions.
WITH derive, CASE train.sequential
  WHEN 'on' THEN {
    profileTemperature: train.unorderedProfileTemperature,
    graphWeight: train.unorderedGraphWeight,
    predictionWeight: train.unorderedPredictionWeight,
    predictionGeneration: train.unorderedPredictionGeneration,
    encoderWeight: train.unorderedEncoderWeight,
    encoderTemperature: train.unorderedEncoderTemperature
  }
  ELSE train
END AS train
// end _shared/live_model_unordered.cypher
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
// begin _shared/disliked.cypher, unordered
CALL () {
  UNWIND $dislikes AS movieId
  MATCH (m:Movie {movieId: movieId})
  RETURN collect(m.unorderedProfileEmbedding) AS disliked
}
// end _shared/disliked.cypher
CALL (likes, disliked) {
  // Only movies that were liked when the profiles were trained have a vector.
  UNWIND likes AS liked
  WITH liked
  WHERE liked.likeCount > 0
  WITH collect(liked.unorderedProfileEmbedding) AS vectors
  WITH CASE WHEN vectors <> [] THEN [
    d IN range(0, size(vectors[0]) - 1) |
    reduce(s = 0.0, i IN range(0, size(vectors) - 1) | s + vectors[i][d]) / size(vectors)
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
    UNWIND likes AS liked
    MATCH (liked)-[c:CO_LIKED]-(m)
    RETURN m, sum(c.weight) AS term, 0.0 AS predicted, 0 AS isRated
    UNION ALL
    UNWIND likes AS liked
    MATCH (liked)-[p:PREDICTS {generation: train.predictionGeneration}]->(m)
    RETURN m, 0.0 AS term, sum(p.weight) AS predicted, 0 AS isRated
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
  // begin _shared/logit.cypher, unordered
  WITH m, sum(term) AS graphSum, sum(predicted) AS predictionSum, max(isRated) AS isRated
  WHERE m.likeIndex >= 0 AND m.likeCount > 0 // a derivation since the training may have left some without
  RETURN
    m,
    graphSum,
    predictionSum,
    CASE
      WHEN profile IS NULL THEN null
      // A vector of zeros has no cosine.
      WHEN norm = 0 OR m.unorderedContextNorm = 0 THEN m.unorderedLikeBias
      // vector.similarity.cosine is (1 + cosine) / 2; this turns it back, and the norms make it a product.
      ELSE m.unorderedLikeBias
        + (2.0 * vector.similarity.cosine(profile, m.unorderedContextEmbedding) - 1.0) * norm * m.unorderedContextNorm
    END
    AS logit,
    CASE
      WHEN $userEmbedding IS NULL THEN null
      WHEN userNorm = 0 OR m.unorderedEncoderNorm = 0 THEN m.unorderedEncoderBias
      ELSE m.unorderedEncoderBias
        + (2.0 * vector.similarity.cosine($userEmbedding, m.unorderedEncoderEmbedding) - 1.0)
          * userNorm * m.unorderedEncoderNorm
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
