"""Resolve one Neo4j Community version and write its lock: every jar's coordinate and sha256.

A development tool, run when the embedded server moves to a newer Neo4j:

    cd movierec/database/embedded/locks
    python ../../../../scripts/lock_neo4j.py 5.26.31 --browser 5.24.0 --java 17 21 > 5.26.31.json

`jgo` resolves the transitive dependencies of the server's two artifacts and of Neo4j Browser; the jars
are downloaded once and hashed. The lock names no address: at run time jgo's own default repository is
asked for exactly these artifacts and every byte is compared with the hash written here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import truststore
from jgo.maven import Dependency, MavenContext, PythonResolver

MAIN_CLASS = {"5": "org.neo4j.server.CommunityEntryPoint"}
MAIN_CLASS_CALENDAR = "org.neo4j.server.Neo4jCommunity"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", help="Neo4j version, for example 5.26.31")
    parser.add_argument("--browser", required=True, help="version of org.neo4j.client:neo4j-browser")
    parser.add_argument("--java", nargs="+", type=int, required=True, help="Java releases this Neo4j supports")
    parser.add_argument("--cache", type=Path, default=None, help="folder for the downloads (default: temporary)")
    args = parser.parse_args()

    truststore.inject_into_ssl()
    cache = args.cache or Path(tempfile.mkdtemp(prefix="movierec-lock-"))
    context = MavenContext(resolver=PythonResolver(), repo_cache=cache)
    roots = [
        context.project(group, name).at_version(version).artifact()
        for group, name, version in [
            ("org.neo4j.app", "neo4j-server", args.version),
            ("org.neo4j", "neo4j", args.version),
            ("org.neo4j.client", "neo4j-browser", args.browser),
        ]
    ]
    inputs, transitive = context.resolver.resolve([Dependency(artifact) for artifact in roots])
    artifacts = {d.artifact.key: d.artifact for d in [*inputs, *transitive] if d.type == "jar"}

    def lock_entry(artifact: Any) -> dict[str, object]:
        path = artifact.resolve()
        print(artifact, file=sys.stderr)
        content = path.read_bytes()
        entry: dict[str, object] = {
            "group": artifact.groupId,
            "artifact": artifact.artifactId,
            "version": artifact.version,
        }
        if artifact.classifier:
            entry["classifier"] = artifact.classifier
        return entry | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lock_entry, artifacts.values()))
    entries.sort(key=lambda e: (e["group"], e["artifact"], e.get("classifier", "")))
    head = {
        "neo4j": args.version,
        "main_class": MAIN_CLASS.get(args.version.split(".")[0], MAIN_CLASS_CALENDAR),
        "java": args.java,
    }
    # One artifact a line, so that the difference between two locks can be read.
    lines = ",\n".join("    " + json.dumps(entry) for entry in entries)
    print(json.dumps(head, indent=2)[:-2] + ',\n  "artifacts": [\n' + lines + "\n  ]\n}")


if __name__ == "__main__":
    main()
