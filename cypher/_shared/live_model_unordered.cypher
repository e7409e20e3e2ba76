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
