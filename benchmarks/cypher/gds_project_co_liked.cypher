// CO_LIKED as an undirected weighted graph of the Graph Data Science library.
// Parameters: none.
// Returns: relationships INTEGER, both directions counted.

MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie)
WITH gds.graph.project(
  'coLiked',
  a,
  b,
  {relationshipProperties: c {.weight}},
  {undirectedRelationshipTypes: ['*']}
) AS g
RETURN g.relationshipCount AS relationships;
