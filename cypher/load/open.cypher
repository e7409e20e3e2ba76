// Find the ledger of a source by its fingerprint, or begin one under the next number. startedAt is later than
// any before, even if the clock was set back.
// Parameters: fingerprint STRING; name STRING; format STRING; tables LIST<STRING>, the files in the order of loading.
// Returns: loadId INTEGER; status STRING, loading | done | removing | removed; rowsDone LIST<INTEGER>, rows of each
//   table that are in the graph; sameName LIST<INTEGER>, loadIds of other files of this name.
:param fingerprint => 'example';
:param name => 'ml-latest-small';
:param format => 'ml-latest';
:param tables => ['movies.csv', 'ratings.csv'];

OPTIONAL MATCH (other:Load)
WITH
  coalesce(max(other.loadId), 0) + 1 AS next,
  collect(CASE
    WHEN other.name = $name AND other.fingerprint <> $fingerprint AND other.status <> 'removed' THEN other.loadId
  END) AS sameName,
  max(coalesce(other.finishedAt, other.startedAt)) + duration({milliseconds: 1}) AS earliest,
  datetime() AS now
MERGE (load:Load {fingerprint: $fingerprint})
  ON CREATE SET
  load.loadId = next,
  load.name = $name,
  load.format = $format,
  load.tables = $tables,
  load.status = 'loading',
  load.rowsDone = [table IN $tables | 0],
  load.written = 0,
  load.unchanged = 0,
  load.startedAt = CASE WHEN earliest > now THEN earliest ELSE now END
RETURN load.loadId AS loadId, load.status AS status, load.rowsDone AS rowsDone, sameName;
