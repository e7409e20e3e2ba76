// Put a user encoder in the place of the one there is; with null none is left.
// Parameters: encoder MAP or null: runId STRING, kind STRING, dimensions INTEGER, and arrays as BYTES.
// Returns: encoders INTEGER.
:param encoder => null;

OPTIONAL MATCH (old:UserEncoder)
DELETE old
WITH count(old) AS replaced
UNWIND CASE WHEN $encoder IS NULL THEN [] ELSE [$encoder] END AS encoder
CREATE (e:UserEncoder)
SET e = encoder
RETURN count(e) AS encoders;
