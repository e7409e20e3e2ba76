// Use the order of likes, or not: on the Run of a model that has vectors for neither.
// Parameters: sequential STRING, on | off.
// Returns: runs INTEGER.

MATCH (run:Run {stage: 'train', live: true})
SET run.sequential = $sequential
RETURN count(run) AS runs;
