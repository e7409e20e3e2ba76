MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
