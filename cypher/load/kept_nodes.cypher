// The nodes that say what was done to a database, for a database that is made anew.
// Parameters: none.
// Returns: label STRING, Run | Load; id INTEGER | STRING; properties MAP, times as text.

CALL () {
  MATCH (run:Run)
  RETURN 'Run' AS label, run.runId AS id,
    run { .*, startedAt: toString(run.startedAt), finishedAt: toString(run.finishedAt) } AS properties
  UNION ALL
  MATCH (load:Load)
  RETURN 'Load' AS label, load.loadId AS id,
    load {
      .*,
      startedAt: toString(load.startedAt),
      finishedAt: toString(load.finishedAt),
      claimedAt: toString(load.claimedAt)
    } AS properties
}
RETURN label, id, properties
ORDER BY label, id;
