// How much memory the server may use.
// Parameters: none.
// Returns: name STRING, value STRING.

SHOW SETTINGS 'server.memory.heap.max_size', 'server.memory.pagecache.size'
YIELD name, value
RETURN name, value
ORDER BY name;
