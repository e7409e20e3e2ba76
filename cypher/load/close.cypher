// Mark a load as done.
// Parameters: loadId INTEGER; rejected INTEGER, rows that were left out.
// Returns: loadId INTEGER.
:param loadId => 1;
:param rejected => 0;

MATCH (load:Load {loadId: $loadId})
WHERE load.status = 'loading'
SET
  load.status = 'done',
  load.finishedAt = CASE WHEN datetime() < load.startedAt THEN load.startedAt ELSE datetime() END,
  load.rejected = $rejected
RETURN load.loadId AS loadId;
