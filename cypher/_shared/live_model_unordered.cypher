// The last derivation defines which ratings are likes; the train Run of the live model, the settings of the scores.
MATCH (train:Run {stage: 'train', live: true})
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.singleTransaction, false)
WITH train, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
WITH train, derive
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
  ELSE properties(train)
END AS train
