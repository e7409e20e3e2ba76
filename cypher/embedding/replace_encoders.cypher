// Put user encoders in the place of those there are.
// Parameters: encoders LIST<MAP>: runId STRING, kind STRING, dimensions INTEGER, and arrays as BYTES.
// Returns: encoders INTEGER.
:param encoders => [];

OPTIONAL MATCH (old:UserEncoder)
DELETE old
WITH count(old) AS replaced
UNWIND $encoders AS encoder
CREATE (e:UserEncoder)
SET e = encoder
RETURN count(e) AS encoders;
