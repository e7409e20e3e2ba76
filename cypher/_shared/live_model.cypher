// What a like is, is defined by the last derivation; what the vectors were trained for, by the live training.
MATCH (train:Run {stage: 'train', live: true})
MATCH (derive:Run {stage: 'derive'})
WHERE derive.status = 'done' OR NOT coalesce(derive.singleTransaction, false)
WITH train, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
WITH train, derive
WHERE derive.status = 'done'
