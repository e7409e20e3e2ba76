// Lock the Load node for one batch: the write takes its lock until the transaction commits, so the answer stays true.
// Parameters: loadId INTEGER.
// Returns: status STRING; rowsDone LIST<INTEGER>; lastRunId STRING and lastBatch LIST<INTEGER>, as update_ledger.cypher
//   left them.
:param loadId => 1;

MATCH (load:Load {loadId: $loadId})
SET load.claimedAt = datetime()
RETURN
  load.status AS status,
  load.rowsDone AS rowsDone,
  load.lastRunId AS lastRunId,
  load.lastBatch AS lastBatch;
