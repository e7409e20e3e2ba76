// All loads, oldest first. One that is not done, while nothing is loading, is "unfinished": a run of the same load completes it.
// Parameters: none.
// Returns: load MAP, its properties.

MATCH (load:Load)
RETURN load {
  .loadId, .name, .format, .written, .unchanged, .rejected,
  status: CASE
    WHEN load.status = 'loading' AND NOT EXISTS { (:Run {stage: 'load', status: 'running'}) } THEN 'unfinished'
    ELSE load.status
  END,
  startedAt: toString(load.startedAt),
  finishedAt: toString(load.finishedAt)
} AS load
ORDER BY load.loadId;
