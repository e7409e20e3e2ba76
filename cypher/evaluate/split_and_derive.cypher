// Whether the last derivation is older than the last split.
// Parameters: none.
// Returns: isOlder BOOLEAN, false where either was never done.

OPTIONAL MATCH (split:Run {stage: 'split', status: 'done'})
WITH split
ORDER BY split.startedAt DESC, split.runId DESC
LIMIT 1
OPTIONAL MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH split, derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
RETURN coalesce(NOT coalesce(split.undo, false) AND derive.startedAt < split.finishedAt, false) AS isOlder
ORDER BY isOlder;
