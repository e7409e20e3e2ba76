"""Import: CSV files -> a store beside the embedded server's, by Neo4j's own importer.

`neo4j-admin database import full` writes the files of a new store, with no transactions; it is the way to load
what takes too long otherwise, and it cannot add to a database. So it writes into `home.imports`, and only when
all of that is there does `EmbeddedServer.take_imported_store` put it in the place of an empty database. Whatever
ends an import before, the database stays as it was, and the next import begins anew.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from movierec.database.embedded.memory import SHARE, available_bytes, choose_memory, in_words
from movierec.database.embedded.processes import has_ended, most_informative_line
from movierec.database.embedded.server import ADMIN_TOOL, COMPLETE, EmbeddedServer
from movierec.errors import EmbeddedServerFailed
from movierec.home import Home
from movierec.progress import Progress, silent

__all__ = ["ARRAY_DELIMITER", "ImportFile", "end_import", "import_store", "room_for"]

_log = logging.getLogger(__name__)

ARRAY_DELIMITER = "\x1f"  # in no text: control characters are refused
N_STAGES = 4  # of the importer, each of which counts to 100 %
STAGE = re.compile(r"\((\d)/4\)|(\d+)% ∆")
OFF_HEAP_BYTES, OFF_HEAP_BYTES_OF_NODE = 2**30, 100  # for its caches; else it takes nearly all that is available
KILL_SECONDS = 30
N_KEPT = 200  # lines of what it printed, for an error
IMPORTED = re.compile(r"(\d+) (nodes|relationships)\b")


@dataclass(frozen=True)
class ImportFile:
    """One CSV file with the importer's header: of nodes with labels such as "User:Changed", or of a type."""

    labels: str
    path: Path
    rows: int


def import_store(
    server: EmbeddedServer,
    nodes: Sequence[ImportFile],
    relationships: Sequence[ImportFile],
    store_bytes: int,
    progress: Progress = silent,
) -> None:
    """Import the files into `home.imports`; `store_bytes` is how large the store is expected to become.

    Raises EmbeddedServerFailed when the importer fails, or has not imported every row.
    """
    imports = server.home.imports
    configuration = imports / "conf"
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "neo4j.conf").write_text(
        f"server.directories.data={imports / 'data'}\ndb.tx_log.rotation.size=64m\n"
    )
    available = available_bytes()
    n_nodes = sum(file.rows for file in nodes)
    off_heap = min(SHARE * available, OFF_HEAP_BYTES + OFF_HEAP_BYTES_OF_NODE * n_nodes)
    command = [
        *server.admin_command(f"-Xmx{choose_memory(store_bytes, available).heap}", "-XX:+UseParallelGC"),
        *("database", "import", "full", "neo4j"),
        "--id-type=integer",
        f"--array-delimiter=U+{ord(ARRAY_DELIMITER):04X}",
        "--multiline-fields=true",
        f"--max-off-heap-memory={int(off_heap) >> 20}m",
        f"--report-file={imports / 'report'}",
        *(f"--nodes={file.labels}={file.path}" for file in nodes),
        *(f"--relationships={file.labels}={file.path}" for file in relationships),
    ]
    printed = _run(command, server.admin_env(configuration), progress)
    expected = {"nodes": n_nodes, "relationships": sum(f.rows for f in relationships)}
    found = {what: int(n) for n, what in IMPORTED.findall(printed[printed.rfind("Imported:") :])}
    if found != expected:
        raise EmbeddedServerFailed(
            f"Neo4j's importer has imported {found or 'nothing'}, not {expected}. Nothing was loaded; run again "
            "with --no-bulk."
        )


def end_import(home: Home) -> None:
    """Leave nothing of an import that was not completed: neither files nor a process that still writes them."""
    if (home.imports / COMPLETE).exists():
        return  # the next start takes it
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if ADMIN_TOOL in command and f"--report-file={home.imports / 'report'}" in command:
                process.kill()
                has_ended(process, KILL_SECONDS)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    shutil.rmtree(home.imports, ignore_errors=True)


def room_for(home: Home, needed: int) -> str:
    """What is wrong with the room on the disk of `home`, or an empty text."""
    free = shutil.disk_usage(home.folder).free
    return (
        "" if free >= needed else f"{home.folder} has {in_words(free)} free, the import needs {in_words(needed)}"
    )


def _run(command: Sequence[str], env: dict[str, str], progress: Progress) -> str:
    """What the importer printed; it does not outlive this call, whatever ends it."""
    printed: deque[str] = deque(maxlen=N_KEPT)
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C reaches it through us
    )
    assert process.stdout is not None
    try:
        with process.stdout, progress("import", 100, "%") as advance:
            stage = done = 0
            for line in process.stdout:
                printed.append(line)
                found = STAGE.search(line)
                if found:
                    stage = int(found[1]) - 1 if found[1] else stage
                    now = (100 * stage + int(found[2] or 0)) // N_STAGES
                    advance(now - done)
                    done = now
        process.wait()
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        said = most_informative_line(list(printed))
        raise EmbeddedServerFailed(
            f"Neo4j's importer failed: {said} Nothing was loaded; the database is as it was."
        )
    return "".join(printed)
