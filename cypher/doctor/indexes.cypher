// The indexes, with their types, states and progress.
// Parameters: none.
// Returns: name STRING, type STRING, state STRING, populationPercent FLOAT.

SHOW INDEXES
YIELD name, type, state, populationPercent
RETURN name, type, state, populationPercent
ORDER BY name;
