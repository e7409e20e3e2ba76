// Take the one lock that guards the beginning of Runs and loads, until the transaction ends.
// Parameters: none.
// Returns: lockId INTEGER.

MERGE (lock:RunLock {lockId: 1})
SET lock.takenAt = datetime()
RETURN lock.lockId AS lockId;
