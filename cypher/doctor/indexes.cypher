// The indexes and what they are for.
// Parameters: none.
// Returns: name STRING, type STRING, state STRING, populationPercent FLOAT.

SHOW INDEXES
YIELD name, type, state, populationPercent
RETURN name, type, state, populationPercent
ORDER BY name;
