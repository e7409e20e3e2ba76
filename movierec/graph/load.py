"""Load: files -> (:User)-[:RATED]->(:Movie), each row exactly once.

A `(:Load)` node is the ledger of one source, found by a fingerprint of its files and of how they are
read. It says how many rows of each table are in the graph, and every batch moves that number on in the
transaction that writes the batch. So a batch is in the graph if and only if the ledger says so:

    - run again after a crash, the load resumes at the first row that is not there
    - when the connection broke during a commit, the ledger is asked whether it was done
    - two loads of the same files at the same time take turns at the ledger

A transaction that is too large for the server's memory is halved, down to `FLOOR_ROWS`.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from movierec.database.connection import Database, Transaction
from movierec.database.open import embedded_server
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog, record_run
from movierec.errors import BadRequest, DataRejected, MovieRecError, ServerOutOfMemory
from movierec.graph.bulk import complete_movies, import_ratings, importing_server, may_import
from movierec.graph.load_checks import known_kinds, survey_for, with_user
from movierec.graph.personal import MovieMatcher
from movierec.graph.results import LoadCheck, LoadResult, TableCounts
from movierec.graph.write import Counts, write_chunk
from movierec.progress import Progress, silent
from movierec.ratings.detection import DetectedTable
from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings, Source, Table, partition_values
from movierec.ratings.survey import survey_source
from movierec.ratings.tables import has_several_rows_a_line
from movierec.ratings.validate import CheckedReader, Chunk

__all__ = ["BATCH_ROWS", "check_files", "list_loads", "load_files", "load_ratings"]

_log = logging.getLogger(__name__)

BATCH_ROWS = 10_000
PACKED_BYTES = 10  # a rating takes in a zip, in Parquet or in a sequence
FLOOR_ROWS = 100  # rows of a transaction below which the server's memory is not ours to save


def load_ratings(
    database: Database, path: str | Path, batch_rows: int = BATCH_ROWS, progress: Progress = silent
) -> LoadResult:
    """Load what `path` holds, whatever its format, stopping at the first bad row; see `load_files`."""
    with Files(path) as files, BadRows() as bad_rows:
        return load_files(database, files, ReadSettings(), bad_rows, batch_rows=batch_rows, progress=progress)


def load_files(
    database: Database,
    files: Files,
    settings: ReadSettings,
    bad_rows: BadRows,
    *,
    batch_rows: int = BATCH_ROWS,
    bulk: bool | None = None,
    progress: Progress = silent,
) -> LoadResult:
    """Load a source; with `bulk` through Neo4j's importer (`bulk.py`), None: where that can be done and is faster.

    Raises DataRejected for one bad row too many, and for ids that would never meet those in the database,
    BadRequest while the database holds a test part, and where `bulk` cannot be. What was committed before stays;
    the same call resumes after it.
    """
    started = time.monotonic()
    if database.read_one(load_query("split/is_split"))["isSplit"]:
        raise BadRequest(
            "The database holds held-out ratings; loading now would put them back into "
            'training. Run "movierec split --undo" first.'
        )
    known = known_kinds(database)
    source = survey_for(database, known, files, settings, progress)
    prints = {table.name: _Print.of(files, table) for table in source.tables}
    n_lines = {name: print_.n_lines for name, print_ in prints.items()}
    server = importing_server(database, source, _n_ratings(files, source, prints), bulk)
    with record_run(database, "load", {"source": _name(files), "batch_rows": batch_rows}, True) as run:
        now = known_kinds(database)
        if now != known:  # a load that this one waited for has brought ids
            source = survey_for(database, now, files, settings, progress)
        source = with_user(database, source, now["userId"])
        fingerprint = _fingerprint(source, prints)
        is_import = server is not None and may_import(database, fingerprint, bulk)
        ledger = _Ledger.open(database, files, source, fingerprint)
        run.results["load_id"] = ledger.load_id
        checked = reader = CheckedReader(files, source, bad_rows)
        tables: dict[str, TableCounts] = {}
        repeated = 0
        if is_import and server is not None:
            tables = import_ratings(
                server,
                database,
                reader,
                run,
                load_id=ledger.load_id,
                n_lines=n_lines,
                refuse_changed=lambda: _refuse_changed(files, source.tables, prints),
                progress=progress,
            )
            ledger.rows_done = [tables[t.name].read if t.name in tables else 0 for t in source.tables]
            repeated = sum(counts.unchanged for counts in tables.values())
            reader = CheckedReader(files, source, BadRows(-1))  # the other tables once more; bad rows are known
        if not source.has_movies and any(ledger.rows_done):
            complete_movies(database, ledger.load_id)
        writer = _Writer(database, run, ledger, batch_rows, brings_movies=not source.has_movies)
        for position, table in enumerate(source.tables):
            if table.name not in tables:
                tables[table.name] = writer.load(position, table, reader, n_lines[table.name], progress)
                _refuse_changed(files, (table,), prints)
        tables = {table.name: tables[table.name] for table in source.tables}
        database.write(load_query("load/close"), loadId=ledger.load_id, rejected=bad_rows.count)
        result = _totals(tables) | {"duplicates": repeated + writer.counts.repeated}
        counts = database.read_one(load_query("doctor/counts"))
        result |= {name: counts[name] for name in ("users", "movies", "ratings")}
        run.results |= result
    embedded = embedded_server(database.settings)
    if embedded is not None and (remedy := embedded.outgrown_memory()):
        _log.warning(remedy)
    return LoadResult(
        load_id=ledger.load_id,
        format=source.format,
        rejects_file=bad_rows.path,
        tables=tables,
        detected=_detected(checked),
        seconds=round(time.monotonic() - started, 3),
        **result,
    )


def _refuse_changed(files: Files, tables: Iterable[Table], prints: dict[str, _Print]) -> None:
    """Raise DataRejected where a file is not as it was when the load began."""
    for table in tables:
        for member, stamp in zip(table.members, prints[table.name].stamps, strict=True):
            if files.stamp(member) != stamp:
                raise DataRejected(f"{files.label(member)} changed while it was read. Run again.")


def _n_ratings(files: Files, source: Source, prints: dict[str, _Print]) -> int:
    """About how many ratings there are: lines, or by the bytes of what is packed."""
    n = 0
    for table in source.tables:
        if table.kind == "ratings":
            n_lines = prints[table.name].n_lines
            packed = {files.disk_path(member): files.stamp(member)[0] for member in table.members}
            n += sum(packed.values()) // PACKED_BYTES if n_lines is None else n_lines
    return n


def check_files(files: Files, settings: ReadSettings, bad_rows: BadRows, progress: Progress = silent) -> LoadCheck:
    """Read and check everything, and write nothing; needs no server."""
    started = time.monotonic()
    source = survey_source(files, recognise(files, settings), progress=progress).source
    reader = CheckedReader(files, source, bad_rows)
    tables: dict[str, TableCounts] = {}
    for table in source.tables:
        read, rejected = 0, bad_rows.count
        with progress(f"check {table.name}", None, "rows") as advance:
            for chunk in reader.chunks(table, BATCH_ROWS):
                read = chunk.end_row
                advance(chunk.end_row - chunk.first_row)
        tables[table.name] = TableCounts(
            read=read,
            written=0,
            unchanged=0,
            rejected=bad_rows.count - rejected,
            skipped=reader.detected[table.name].skipped,
        )
    return LoadCheck(
        format=source.format,
        rejects_file=bad_rows.path,
        tables=tables,
        detected=_detected(reader),
        seconds=round(time.monotonic() - started, 3),
        **_totals(tables),
    )


def list_loads(database: Database) -> list[dict[str, Any]]:
    """The ledgers, oldest first."""
    return [row["load"] for row in database.read(load_query("load/list"))]


@dataclass(frozen=True)
class _Print:
    """The files of one table as they were when the load began; `n_lines` is None where lines are no rows."""

    sha256: tuple[str, ...]
    n_lines: int | None
    stamps: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, files: Files, table: Table) -> _Print:
        stamps = tuple(files.stamp(member) for member in table.members)
        digests = [files.digest(member) for member in table.members]
        lines = [n for _, n in digests if n is not None]
        is_text = table.layout is not None and len(lines) == len(digests)
        has_rows = is_text and not has_several_rows_a_line(table.layout)
        return cls(tuple(sha256 for sha256, _ in digests), sum(lines) if has_rows else None, stamps)


@dataclass
class _Ledger:
    """The `(:Load)` node of a source."""

    load_id: int
    rows_done: list[int]

    @classmethod
    def open(cls, database: Database, files: Files, source: Source, fingerprint: str) -> _Ledger:
        def find_or_begin(transaction: Transaction) -> dict[str, Any]:
            transaction.run(load_query("runs/lock"))
            return transaction.run_one(
                load_query("load/open"),
                fingerprint=fingerprint,
                name=_name(files),
                format=source.format,
                tables=[table.name for table in source.tables],
            )

        row = database.in_transaction(find_or_begin)
        if any(table.kind == "personal" for table in source.tables):
            # Movies that were not there may have come meanwhile.
            database.write(load_query("load/restart"), loadId=row["loadId"])
            row["rowsDone"] = [0] * len(source.tables)
        if row["status"] == "removing":
            raise BadRequest(
                f'Load {row["loadId"]} is half removed. Run "movierec load --remove {row["loadId"]}" first.'
            )
        if row["sameName"]:
            _log.warning(
                "%s is not the file that load %s read: its rows are compared with what is there, and newer ones "
                'win. "movierec load --remove" takes an earlier load back.',
                _name(files),
                " and ".join(map(str, row["sameName"])),
            )
        return cls(row["loadId"], row["rowsDone"])


class _Writer:
    """Writes the chunks of all tables of one load; `counts` is what came of them."""

    def __init__(
        self, database: Database, run: RunLog, ledger: _Ledger, batch_rows: int, brings_movies: bool
    ) -> None:
        self.database = database
        self.run = run
        self.ledger = ledger
        self.batch_rows = batch_rows
        self.brings_movies = brings_movies
        self.counts = Counts()

    def load(
        self, position: int, table: Table, reader: CheckedReader, n_lines: int | None, progress: Progress
    ) -> TableCounts:
        """Load one table; returns its read, written, unchanged and rejected rows."""
        read, written, rejected_before = 0, 0, reader.bad_rows.count
        chunks = reader.chunks(table, self.batch_rows)
        if table.kind == "personal":
            matcher = MovieMatcher.of(self.database)
            chunks = matcher.resolved(chunks, table)
        with progress(f"load {table.name}", n_lines, "rows") as advance:
            for chunk in chunks:
                for part in self._pieces(position, chunk):
                    counts = self._commit(position, part, table)
                    self.counts.add(counts)
                    written += counts.written
                read = chunk.end_row
                advance(chunk.end_row - chunk.first_row)
        rejected = reader.bad_rows.count - rejected_before
        skipped = reader.detected[table.name].skipped
        if table.kind == "personal":
            skipped += len(matcher.unknown)
            matcher.report()
        unchanged = read - written - rejected - skipped
        return TableCounts(read=read, written=written, unchanged=unchanged, rejected=rejected, skipped=skipped)

    def _pieces(self, position: int, chunk: Chunk) -> Iterator[Chunk]:
        """What is to be written of a chunk, in pieces of `batch_rows`, which may shrink on the way."""
        row = max(chunk.first_row, self.ledger.rows_done[position])
        while row < chunk.end_row:
            yield chunk.between(row, min(row + self.batch_rows, chunk.end_row))
            row = max(row, self.ledger.rows_done[position])

    def _commit(self, position: int, part: Chunk, table: Table) -> Counts:
        """Write and commit a piece, or leave it to be cut smaller; the ledger knows which."""
        self.run.mark_visible(self.database)
        try:
            rows_done, counts = self.database.in_transaction(lambda tx: self._write(tx, position, part, table))
        except ServerOutOfMemory:
            if self.batch_rows <= FLOOR_ROWS:
                raise
            self.batch_rows = max(FLOOR_ROWS, min(self.batch_rows, len(part)) // 2)
            _log.warning("The server has too little memory for a batch; continuing with %d rows.", self.batch_rows)
            return Counts()
        self.ledger.rows_done = rows_done
        return counts

    def _write(
        self, transaction: Transaction, position: int, part: Chunk, table: Table
    ) -> tuple[list[int], Counts]:
        ledger = transaction.run_one(load_query("load/lock_ledger"), loadId=self.ledger.load_id)
        if ledger["status"] not in ("loading", "done"):
            raise MovieRecError(f"Load {self.ledger.load_id} is being removed; this load has stopped.")
        rows_done: list[int] = ledger["rowsDone"]
        done = rows_done[position]
        if done >= part.end_row:
            # This very piece, committed without an answer; or a load beside this one was quicker.
            last = ledger["lastBatch"]
            is_this = ledger["lastRunId"] == self.run.run_id and last[:2] == [position, part.end_row]
            return rows_done, Counts(*last[2:]) if is_this else Counts()
        if done < part.first_row:
            raise MovieRecError(f"Load {self.ledger.load_id} was set back while it ran. Run it again.")
        counts = write_chunk(
            transaction, part.between(done, part.end_row), self.ledger.load_id, self.brings_movies
        )
        if table.user is not None and isinstance(table.user_id, int) and table.user_id < 0:
            transaction.run(load_query("load/name_user"), userId=table.user_id, name=table.user)
        rows_done[position] = part.end_row
        transaction.run(
            load_query("load/update_ledger"),
            loadId=self.ledger.load_id,
            runId=self.run.run_id,
            rowsDone=rows_done,
            lastBatch=[position, part.end_row, counts.written, counts.unchanged, counts.repeated],
        )
        return rows_done, counts


def _fingerprint(source: Source, prints: dict[str, _Print]) -> str:
    """One text for these bytes read in this way; another for any other."""
    digest = hashlib.sha256(source.format.encode())
    for table in source.tables:
        # A renamed file is the same file, but for the values that are in the names of folders.
        reading = asdict(table) | {"members": [partition_values(member) for member in table.members]}
        digest.update(f"{prints[table.name].sha256} {reading!r}".encode())
    return digest.hexdigest()


def _detected(reader: CheckedReader) -> dict[str, DetectedTable]:
    return {name: detection.result() for name, detection in reader.detected.items()}


def _totals(tables: dict[str, TableCounts]) -> dict[str, int]:
    names = [field.name for field in fields(TableCounts)]
    return {name: sum(getattr(table, name) for table in tables.values()) for name in names}


def _name(files: Files) -> str:
    """The name of the file or folder, without the folders above it."""
    return files.name if files.name == "standard input" else files.path.resolve().name
