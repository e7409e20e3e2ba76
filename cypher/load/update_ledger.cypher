// Enter a batch in the ledger, in the transaction that writes it.
// Parameters: loadId INTEGER; runId STRING, the Run that writes; rowsDone LIST<INTEGER>, rows of each table that are in
//   the graph now; lastBatch LIST<INTEGER>: position of the table, row after the last, written, unchanged, repeated.
// Returns: loadId INTEGER.
:param loadId => 1;
:param runId => 'load-example';
:param rowsDone => [9742, 10000];
:param lastBatch => [1, 10000, 10000, 0, 0];

MATCH (load:Load {loadId: $loadId})
SET
  load.rowsDone = $rowsDone,
  load.lastRunId = $runId,
  load.lastBatch = $lastBatch,
  load.written = load.written + $lastBatch[2],
  load.unchanged = load.unchanged + $lastBatch[3] + $lastBatch[4]
RETURN load.loadId AS loadId;
