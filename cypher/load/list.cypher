// All loads, oldest first.
// Parameters: none.
// Returns: load MAP, its properties.

MATCH (load:Load)
RETURN load {
  .loadId, .name, .format, .status, .written, .unchanged, .rejected,
  startedAt: toString(load.startedAt),
  finishedAt: toString(load.finishedAt)
} AS load
ORDER BY load.loadId;
