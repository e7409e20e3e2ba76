"""What is in the graph, as one hash: two databases with the same hash hold the same nodes and relationships."""

from __future__ import annotations

import hashlib
import json

from movierec.database.connection import Database
from movierec.database.query_files import parse_query

NODES = parse_query(
    "tests/nodes",
    "// Nodes of the data.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (n:Movie|User) RETURN labels(n) AS labels, properties(n) AS properties "
    "ORDER BY labels(n)[0], n.movieId, n.userId;",
)
RELATIONSHIPS = parse_query(
    "tests/relationships",
    "// Relationships of the data.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (u:User)-[r:RATED|HELD_OUT|TAGGED]->(m:Movie) "
    "RETURN u.userId AS userId, type(r) AS type, properties(r) AS properties, m.movieId AS movieId "
    "ORDER BY userId, type, movieId, r.tag;",
)
LEDGERS = parse_query(
    "tests/ledgers",
    "// Ledgers.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (l:Load) RETURN l {.loadId, .status, .rowsDone, .written, .unchanged, .rejected} AS load "
    "ORDER BY load.loadId;",
)


def content(database: Database, without: tuple[str, ...] = (), ledgers: bool = True) -> dict[str, object]:
    """Counts and a hash of all nodes and relationships, but for the properties `without`."""
    nodes = database.read(NODES)
    relationships = database.read(RELATIONSHIPS)
    for row in [*nodes, *relationships]:
        row["properties"] = {k: v for k, v in sorted(row["properties"].items()) if k not in without}
    rows = [*nodes, *relationships, *(database.read(LEDGERS) if ledgers else [])]
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True).encode())
    return {"nodes": len(nodes), "relationships": len(relationships), "sha256": digest.hexdigest()}
