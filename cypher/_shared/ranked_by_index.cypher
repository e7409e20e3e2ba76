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
// begin _shared/largest_like_count.cypher
// end _shared/largest_like_count.cypher
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
  // begin _shared/candidate_scores.cypher
  // end _shared/candidate_scores.cypher
WHERE NOT m.movieId IN $exclude
  // begin _shared/filters.cypher
  // end _shared/filters.cypher
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
