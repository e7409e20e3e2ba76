coalesce(exp((candidate[1] - maxLogit) / train.profileTemperature), 0.0) AS profileScore,
CASE WHEN maxGraphSum > 0 THEN train.graphWeight * candidate[2] / maxGraphSum ELSE 0.0 END AS graphScore,
CASE
  WHEN maxPredictionSum > 0 THEN train.predictionWeight * candidate[3] / maxPredictionSum
  ELSE 0.0
END AS predictionScore,
coalesce(train.encoderWeight * exp((candidate[4] - maxEncoderLogit) / train.encoderTemperature), 0.0) AS encoderScore
