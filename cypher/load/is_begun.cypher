// Whether rows of a source are in the graph, and whether there is anything in the database but records of what was
// done to it.
// Parameters: fingerprint STRING.
// Returns: isBegun BOOLEAN; isEmpty BOOLEAN.
:param fingerprint => 'example';

RETURN
  EXISTS { (load:Load {fingerprint: $fingerprint}) WHERE any(rows IN load.rowsDone WHERE rows > 0) } AS isBegun,
  NOT EXISTS { (n) WHERE NOT n:Run|Load|RunLock } AS isEmpty;
