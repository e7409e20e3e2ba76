// Mark a load as being removed, so that nothing is loaded into it meanwhile.
// Parameters: loadId INTEGER.
// Returns: status STRING, what it was.
:param loadId => 0;

MATCH (load:Load {loadId: $loadId})
WITH load, load.status AS status
SET load.status = CASE WHEN status = 'removed' THEN 'removed' ELSE 'removing' END
RETURN status;
