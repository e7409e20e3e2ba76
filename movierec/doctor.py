"""Doctor: what the connected database is, what it holds, and what is missing, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from movierec.database.connection import Database
from movierec.database.open import embedded_server
from movierec.database.query_files import load_query
from movierec.database.runs import SETTINGS_VERSION, latest_run, live_run
from movierec.errors import DatabaseFailed
from movierec.recommendation.model import answering, is_sequential

__all__ = ["Finding", "examine"]

OLDEST_VERSION = (5, 23)  # the first with `CALL (x) { }`, which the query files use
CYPHER_25_SINCE = (2025, 6)
INDEXES = {
    "movie_id": "load",
    "user_id": "load",
    "run_id": "load",
    "movie_title": "load",
    "movie_titles": "load",
    "movie_like_index": "load",
    "movie_embedding": "train",
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is empty when all is well."""

    check: str
    value: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def examine(database: Database) -> list[Finding]:
    """All findings, from the server up to the model."""
    counts = database.read_one(load_query("doctor/counts"))
    return [*_server(database), *_indexes(database, counts), *_content(database, counts)]


def _server(database: Database) -> list[Finding]:
    version, edition = database.server.version, database.server.edition
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    old = "" if numbers >= OLDEST_VERSION else "Needs 5.23 or later. Use the embedded server: unset NEO4J_URI."
    language = "Cypher 5, 25 on request" if numbers >= CYPHER_25_SINCE else "Cypher 5"
    findings = [
        Finding("address", database.settings.uri),
        Finding("Neo4j", f"{version} {edition}", old),
        Finding("language", language),
    ]
    try:
        rows = database.read(load_query("doctor/memory"))
        findings += [
            Finding(row["name"].removeprefix("server.memory."), row["value"] or "not set") for row in rows
        ]
    except DatabaseFailed as error:
        # A hosted server does not show its settings; that is no fault of the database.
        findings.append(Finding("memory", f"not told ({error.code})"))
    return [*findings, *_embedded_memory(database)]


def _embedded_memory(database: Database) -> list[Finding]:
    """Why the embedded server has the memory it has, and whether that still fits."""
    server = embedded_server(database.settings)
    state = server.running() if server else None
    return [Finding("memory", state.memory_reason, server.outgrown_memory())] if server and state else []


def _indexes(database: Database, counts: dict[str, Any]) -> list[Finding]:
    present = {row["name"]: row for row in database.read(load_query("doctor/indexes"))}
    run, expected = live_run(database), dict(INDEXES)
    if run is not None and run.get("indexedMovies") and run.get("settingsVersion") == SETTINGS_VERSION:
        for question in (True, False) if is_sequential(run) else (False,):
            prefix = "movie_" if question else "movie_unordered_"
            expected[f"{prefix}logit"] = "train"
            if answering(run, question).get("encoder"):
                expected[f"{prefix}encoder_logit"] = "train"
    findings = []
    for name, stage in expected.items():
        row = present.get(name)
        if row is None:
            due = counts["vectors"] if stage == "train" else counts["movies"]
            remedy = f'Run "movierec {stage}": it creates the index.' if due else ""
            findings.append(Finding(f"index {name}", "missing" if due else f"made by {stage}", remedy))
        else:
            online = row["state"] == "ONLINE"
            findings.append(
                Finding(
                    f"index {name}",
                    f"{row['type']} {row['state']}",
                    "" if online else "Wait until it is ONLINE; if FAILED, drop it and run the stage again.",
                )
            )
    return findings


def _content(database: Database, counts: dict[str, Any]) -> list[Finding]:
    findings = [
        Finding("users", f"{counts['users']:,}"),
        Finding("movies", f"{counts['movies']:,}"),
        Finding("ratings", f"{counts['ratings']:,}", "" if counts["ratings"] else 'Run "movierec load FOLDER".'),
    ]
    if counts["heldOut"]:
        findings.append(
            Finding(
                "held-out ratings",
                f"{counts['heldOut']:,}",
                'The model does not see these. After the experiment: "movierec split --undo".',
            )
        )
    edges = f"{counts['coLiked']:,}"
    derived = latest_run(database, "derive")
    if derived is None:
        findings.append(Finding("CO_LIKED", edges, 'Run "movierec derive".'))
    elif derived["status"] != "done":
        findings.append(
            Finding(
                "CO_LIKED",
                f"{edges}, not whole: {derived['runId']} is {derived['status']}",
                'Wait for it, or run "movierec derive" again.',
            )
        )
    else:
        changed = _newer(database, derived, "load", "split")
        findings.append(
            Finding(
                "CO_LIKED",
                f"{edges} by {derived['runId']}",
                f'{changed} came after it; run "movierec derive --incremental".' if changed else "",
            )
        )
    run = live_run(database)
    if run is None:
        findings.append(Finding("vectors", f"{counts['vectors']:,}", 'Run "movierec train".'))
    else:
        changed = _newer(database, run, "derive")
        findings.append(
            Finding(
                "vectors",
                f"{counts['vectors']:,} by {run['runId']}",
                f'{changed} came after it; run "movierec train" again.' if changed else "",
            )
        )
    return findings


def _newer(database: Database, run: dict[str, Any], *stages: str) -> str:
    """The id of the newest Run of one of `stages` that began after `run`, or an empty string."""
    for stage in stages:
        other = latest_run(database, stage)
        if other is not None and other["startedAt"] > run["startedAt"]:
            return str(other["runId"])
    return ""
