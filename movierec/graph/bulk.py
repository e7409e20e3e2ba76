"""Bulk: the ratings of a large source into an empty embedded database, by Neo4j's own importer.

Everything is read and checked first, and the ratings are written as the importer's CSV. The store that it makes is
put in the place of the empty one at once, with the ledger in it: for the ledger it is one large batch, which is in
the graph or not. Movies, links, users and tags are then written as they always are, over the nodes that are there.
Killed before that moment, the database is as empty as it was; after it, the load resumes where the ledger says.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec.database.connection import Database
from movierec.database.open import embedded_server
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog
from movierec.errors import BadRequest, MovieRecError
from movierec.graph.import_csv import RatingRows, node_columns, node_line
from movierec.graph.results import TableCounts
from movierec.graph.settings import BULK_ROWS
from movierec.ids import Id
from movierec.progress import Progress
from movierec.ratings.source import Source
from movierec.ratings.validate import CheckedReader

if TYPE_CHECKING:
    from movierec.database.embedded.importer import ImportFile
    from movierec.database.embedded.server import EmbeddedServer

__all__ = ["complete_movies", "import_ratings", "importing_server", "may_import"]

_log = logging.getLogger(__name__)

CHUNK_ROWS = 100_000
CSV_BYTES, STORE_BYTES = 60, 80  # a rating takes while it is imported, and in the store
# What a stage makes again when it needs it; others are a user's own.
INDEXES = (
    *("movie_id", "user_id", "run_id", "run_lock", "load_id", "load_fingerprint"),
    *("user_name", "movie_title", "movie_like_index", "movie_titles", "movie_embedding", "movie_logit"),
    *("movie_encoder_logit", "movie_unordered_logit", "movie_unordered_encoder_logit"),
)


def importing_server(
    database: Database, source: Source, n_rows: int, wanted: bool | None
) -> EmbeddedServer | None:
    """The server to import the ratings into; None where the load is to be an ordinary one.

    `wanted` None: where it can be done and is faster. Raises BadRequest with the reason where it is wanted and
    cannot be done.
    """
    if wanted is False or (wanted is None and n_rows < BULK_ROWS):
        return None
    server = embedded_server(database.settings)
    ratings = [table for table in source.tables if table.kind == "ratings"]
    obstacle = ""
    if server is None:
        obstacle = (
            f"{database.settings.uri} is not the embedded server, whose files movierec may replace. Unset "
            "NEO4J_URI to use that one, or load without --bulk"
        )
    elif database.settings.database not in (None, "neo4j"):
        obstacle = (
            f"the importer fills the database neo4j, not {database.settings.database}. Leave --database out, or "
            "load without --bulk"
        )
    elif not ratings or any(table.user is not None for table in source.tables):
        obstacle = "there are no ratings of many people. Load without --bulk"
    if obstacle and wanted:
        raise BadRequest(f"--bulk cannot be done: {obstacle}.")
    return None if obstacle else server


def may_import(database: Database, fingerprint: str, wanted: bool | None) -> bool:
    """Is the database empty, but for records of what was done? Raises BadRequest where it is not and `wanted`.

    A source of which something is in the graph resumes as an ordinary load.
    """
    found = database.read_one(load_query("load/is_begun"), fingerprint=fingerprint)
    own = [
        row["name"]
        for row in database.read(load_query("doctor/indexes"))
        if row["type"] != "LOOKUP" and row["name"] not in INDEXES
    ]
    if found["isBegun"]:
        return False
    if found["isEmpty"] and not own:
        return True
    if wanted:
        what, remedy = "nodes", '"movierec reset" deletes those of movierec'
        if found["isEmpty"]:
            what, remedy = f"the index {own[0]}", f"DROP INDEX {own[0]}, and create it again afterwards"
        raise BadRequest(
            f"--bulk cannot be done: the database holds {what}, and an import makes a new one. Load without "
            f"--bulk, or empty it first: {remedy}."
        )
    return False


def import_ratings(
    server: EmbeddedServer,
    database: Database,
    reader: CheckedReader,
    run: RunLog,
    *,
    load_id: int,
    n_lines: Mapping[str, int | None],
    refuse_changed: Callable[[], None],
    progress: Progress,
) -> dict[str, TableCounts]:
    """Check all tables of the reader's source, and import its ratings into the empty database of `server`.

    Returns the counts of the tables of ratings; `database` is connected anew. `run` and `load_id` are those of the
    load, `n_lines` the lines of each table where they are known, and `refuse_changed` raises if a file has changed
    since. Raises DataRejected for one bad row too many, EmbeddedServerFailed and MovieRecError where the import
    fails; nothing is in the database then.
    """
    from movierec.database.embedded.importer import end_import, import_store, room_for

    end_import(server.home)
    folder = server.home.imports
    known = sum(n or 0 for n in n_lines.values())
    lacking = room_for(server.home, known * (CSV_BYTES + STORE_BYTES))
    if lacking:
        raise MovieRecError(f"{lacking}. Make room, or set MOVIEREC_HOME to a folder on another disk.")
    try:
        with _disk_named(folder):
            folder.mkdir(parents=True)
            rows = RatingRows(folder, load_id)
            tables = _read(reader, rows, n_lines, progress)
            refuse_changed()
            rows.keep_newest()
            for (name, counts), repeated in zip(tables.items(), rows.repeated, strict=True):
                written = counts.written - repeated
                tables[name] = replace(counts, written=written, unchanged=counts.unchanged + repeated)
            run.mark_visible(database)
            nodes = [
                _id_file(folder / "users.csv", "User", rows.users, load_id, labels="User:Changed"),
                _id_file(
                    folder / "movies.csv", "Movie", rows.movies, load_id, has_titles=not reader.source.has_movies
                ),
                *_record_files(database, folder, load_id, _ledger_entry(reader.source, tables, run.run_id)),
            ]
        import_store(server, nodes, [_rating_file(rows)], rows.n_rows * STORE_BYTES, progress)
        if not database.read_one(load_query("load/is_begun"), fingerprint="")["isEmpty"]:
            raise MovieRecError(
                "Somebody has written into the database while the import was made, which would replace that. "
                "Nothing was loaded; run again, without --bulk."
            )
        _log.warning(
            "The embedded server is restarted with the imported ratings; other connections to it are cut."
        )
        server.take_imported_store(progress)
    finally:
        end_import(server.home)
    database.reopen(replace(server.settings(), database=database.settings.database))
    database.run_batches(load_query("schema/constraints"))  # a killed load's are made by the next Run
    return tables


def complete_movies(database: Database, load_id: int) -> None:
    """Give movies that came with their ratings what the importer cannot write; it can be done again."""
    database.run_batches(load_query("load/complete_movies"), loadId=load_id)


def _read(
    reader: CheckedReader, rows: RatingRows, n_lines: Mapping[str, int | None], progress: Progress
) -> dict[str, TableCounts]:
    """Check all tables; ratings go to `rows`, and are counted as if each were another."""
    tables: dict[str, TableCounts] = {}
    with rows:
        for table in reader.source.tables:
            is_ratings = table.kind == "ratings"
            if is_ratings:
                rows.begin_table()
            read, before, rejected = 0, rows.n_rows, reader.bad_rows.count
            with progress(f"check {table.name}", n_lines[table.name], "rows") as advance:
                for chunk in reader.chunks(table, CHUNK_ROWS):
                    if is_ratings:
                        columns = (
                            chunk.columns[name] for name in ("userIds", "movieIds", "ratings", "timestamps")
                        )
                        rows.add(*columns)
                    read = chunk.end_row
                    advance(chunk.end_row - chunk.first_row)
            if is_ratings:
                rejected = reader.bad_rows.count - rejected
                written, skipped = rows.n_rows - before, reader.detected[table.name].skipped
                tables[table.name] = TableCounts(
                    read=read,
                    written=written,
                    unchanged=read - written - rejected - skipped,
                    rejected=rejected,
                    skipped=skipped,
                )
    return tables


def _ledger_entry(source: Source, tables: Mapping[str, TableCounts], run_id: str) -> dict[str, Any]:
    """What the ledger says of the import, as of a batch."""
    rows_done = [tables[table.name].read if table.name in tables else 0 for table in source.tables]
    last = max(position for position, table in enumerate(source.tables) if table.name in tables)
    written = sum(counts.written for counts in tables.values())
    repeated = sum(counts.unchanged for counts in tables.values())
    return {
        "rowsDone": rows_done,
        "written": written,
        "unchanged": repeated,
        "lastRunId": run_id,
        "lastBatch": [last, rows_done[last], written, 0, repeated],
    }


def _record_files(database: Database, folder: Path, load_id: int, ledger: Mapping[str, Any]) -> list[ImportFile]:
    """The Runs and loads that the database holds, with this `ledger` for the load that is being imported."""
    from movierec.database.embedded.importer import ARRAY_DELIMITER, ImportFile

    files = []
    by_columns: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for row in database.read(load_query("load/kept_nodes")):
        properties = row["properties"]
        if (row["label"], row["id"]) == ("Load", load_id):
            properties |= ledger
        key = (row["label"], node_columns(properties))
        by_columns[key].append(node_line(properties, ARRAY_DELIMITER))
    for number, ((label, columns), lines) in enumerate(by_columns.items()):
        path = folder / f"{label}-{number}.csv"
        path.write_text(",".join(columns) + "\n" + "".join(lines), encoding="utf-8")
        files.append(ImportFile(label, path, len(lines)))
    return files


def _rating_file(rows: RatingRows) -> ImportFile:
    from movierec.database.embedded.importer import ImportFile

    return ImportFile("RATED", rows.path, rows.n_rows)


def _id_file(
    path: Path, label: str, ids: Sequence[Id], load_id: int, *, labels: str = "", has_titles: bool = False
) -> ImportFile:
    """One node for each id, by its position; `has_titles`: the id is the title, too."""
    from movierec.database.embedded.importer import ImportFile

    kind = "string" if ids and isinstance(ids[0], str) else "long"
    title = ",title:string" if has_titles else ""
    with path.open("w", encoding="utf-8") as file:
        file.write(f":ID({label}),{label.lower()}Id:{kind}{title},loadId:long\n")
        for position, one in enumerate(ids):
            text = '"' + one.replace('"', '""') + '"' if isinstance(one, str) else str(one)
            file.write(f"{position},{text},{text},{load_id}\n" if title else f"{position},{text},{load_id}\n")
    return ImportFile(labels or label, path, len(ids))


@contextmanager
def _disk_named(folder: Path) -> Iterator[None]:
    """What a full disk raises inside this block leaves as MovieRecError."""
    try:
        yield
    except OSError as error:
        raise MovieRecError(
            f"Cannot write the import to {folder}: {error.strerror or error}. Make room, or load with --no-bulk. "
            "Nothing was loaded."
        ) from error
