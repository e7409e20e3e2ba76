"""Loads through Neo4j's importer: what is in the graph afterwards is what an ordinary load leaves there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from movierec.database.connection import Database
from movierec.database.embedded.importer import end_import
from movierec.database.embedded.server import ADMIN_TOOL, EmbeddedServer
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import list_runs
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, DataRejected, MovieRecError
from movierec.graph import bulk as bulk_module
from movierec.graph.load import list_loads, load_files
from movierec.graph.reset import reset_database
from movierec.graph.results import LoadResult
from movierec.graph.unload import remove_load
from movierec.home import Home
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from tests.graph.content import content
from tests.killing import ROOT

pytestmark = [pytest.mark.one_version, pytest.mark.embedded, pytest.mark.neo4j]

MARKED = parse_query(
    "tests/marked",
    "// Labels.\n// Parameters: none.\n// Returns: labels STRING, nodes INTEGER.\n"
    "MATCH (n:User|Movie) RETURN labels(n) AS labels, count(*) AS nodes ORDER BY labels;",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Home(tmp_path_factory.mktemp("bulk") / "home"), dict(os.environ))
    server.start()
    yield server
    server.discard()


@pytest.fixture
def database(running: EmbeddedServer) -> Iterator[Database]:
    """The embedded server's database, without anything in it but the Run of the reset."""
    running.start()
    with Database(running.settings()) as database:
        reset_database(database)
        yield database


def load(database: Database, path: Path, bulk: bool | None, max_bad_rows: int = 0, **settings: Any) -> LoadResult:
    with Files(path) as files, BadRows(max_bad_rows) as bad_rows:
        return load_files(database, files, ReadSettings(**settings), bad_rows, bulk=bulk)


def movielens(folder: Path) -> Path:
    """As of today, with ratings that come twice, a tag that does, and a movie and a user without ratings."""
    generator = random.Random(1)
    folder.mkdir()
    movies = [f'{i},"Film ""{i}"", The ({1950 + i})",Drama|War' for i in range(1, 31)]
    rows = [
        (user, movie, generator.choice([0.5, 3.0, 4.5]), generator.randrange(10))
        for user in range(1, 21)
        for movie in generator.sample(range(1, 30), 12)
    ]
    rows += [(user, movie, 5.0, time + generator.choice([-1, 0, 1])) for user, movie, _, time in rows[::7] if time]
    lines = [f"{user},{movie},{rating},{time}" for user, movie, rating, time in rows]
    lines[40] = "5,oh dear,4.0,100"
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(movies) + "\n")
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0000123,77\n2,0000124,\n")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,2,fun,5\n99,1,slow,6\n1,2,fun,7\n")
    return folder


def folds(folder: Path) -> Path:
    """Two files of ratings, with pairs that are in both; movies and users in tables of their own."""
    folder.mkdir()
    flags = "|".join(["0"] * 18 + ["1"])
    (folder / "u.item").write_text("".join(f"{i}|Film {i} (1990)||||{flags}\n" for i in range(1, 9)))
    (folder / "u.user").write_text("".join(f"{i}|{20 + i}|F|writer|12345\n" for i in range(1, 7)))
    pairs = [(user, movie) for user in range(1, 6) for movie in range(1, 8)]
    for name, shift in (("u1.base", 0), ("u1.test", 3)):
        lines = [f"{u}\t{m}\t{1 + (u + m + shift) % 5}\t{100 + (u * m + shift) % 4}\n" for u, m in pairs[shift::2]]
        (folder / name).write_text("".join(lines))
    return folder


def orders(folder: Path) -> Path:
    """Customers and articles with ids that are texts, and nothing else known of them."""
    folder.mkdir()
    rows = [f'customer {i % 9},"A-{i * 7 % 11:03} ""x""",2024-0{1 + i % 9}-01' for i in range(60)]
    (folder / "orders.csv").write_text("customer,article,date\n" + "\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (movielens, {"max_bad_rows": 1}),
        (folds, {}),
        (orders, {"implicit": True, "movie_column": "article", "user_column": "customer"}),
    ],
    ids=["movielens", "folds", "orders"],
)
def test_graph_is_that_of_an_ordinary_load(
    database: Database, tmp_path: Path, make: Callable[[Path], Path], settings: dict[str, Any]
) -> None:
    path = make(tmp_path / "data")
    (tmp_path / "bad.csv").write_text("user,movie,rating\n1,2,x\n")
    with pytest.raises(DataRejected):
        load(database, tmp_path / "bad.csv", bulk=False)
    states: dict[bool, list[Any]] = {}
    results = {}
    for bulk in (False, True):
        results[bulk] = load(database, path, bulk, **settings)
        states[bulk] = [content(database), database.read(MARKED), database.read_one(load_query("doctor/counts"))]
        indexes = {row["name"]: row["state"] for row in database.read(load_query("doctor/indexes"))}
        assert {
            indexes[name]
            for name in bulk_module.INDEXES
            if name != "movie_embedding" and not name.endswith("_logit")
        } == {"ONLINE"}
        runs = list_runs(database, 10)
        assert [(run["stage"], run["status"]) for run in runs[:2]] == [("load", "done"), ("load", "failed")]
        assert runs[0]["written"] == results[bulk].written
        assert [entry["name"] for entry in list_loads(database)] == ["bad.csv", "data"]
        again = load(database, path, None, **settings)
        assert (again.written, again.read) == (0, results[bulk].read)
        assert content(database)["sha256"] == states[bulk][0]["sha256"], "run again, nothing is to be done"
        remove_load(database, results[bulk].load_id)
        counts = database.read_one(load_query("doctor/counts"))
        assert (counts["ratings"], counts["users"], counts["movies"]) == (0, 0, 0)
        reset_database(database)
        if not bulk:
            with pytest.raises(DataRejected):
                load(database, tmp_path / "bad.csv", bulk=False)
    assert states[True] == states[False]
    for field in ("read", "written", "unchanged", "rejected", "duplicates", "tables", "detected", "load_id"):
        assert getattr(results[True], field) == getattr(results[False], field), field


def test_bad_row_leaves_the_database_empty(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"ratings.csv line 42: movieId is 'oh dear'"):
        load(database, movielens(tmp_path / "data"), bulk=True)
    assert database.read_one(load_query("doctor/counts"))["users"] == 0
    home = database.settings.embedded_home
    assert home is not None
    assert not Home(home).imports.exists()


def test_what_somebody_else_writes_meanwhile_is_not_lost(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movierec.database.embedded import importer

    made = importer.import_store

    def make_and_write(*arguments: Any) -> None:
        made(*arguments)
        database.write(load_query("load/users"), userIds=[7], properties=[{}], loadId=1)

    monkeypatch.setattr(importer, "import_store", make_and_write)
    with pytest.raises(MovieRecError, match="Somebody has written into the database"):
        load(database, folds(tmp_path / "data"), bulk=True)
    assert database.read_one(load_query("doctor/counts"))["users"] == 1


def test_table_without_a_row_is_imported_too(database: Database, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("user,movie,rating\n")
    result = load(database, tmp_path / "none.csv", bulk=True)
    assert (result.read, result.ratings) == (0, 0)


def test_only_an_empty_embedded_database_is_imported_into(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.csv").write_text("user,movie,rating\n1,2,4\n")
    (tmp_path / "two.csv").write_text("user,movie,rating\n1,3,4\n")
    load(database, tmp_path / "one.csv", bulk=False)
    with pytest.raises(BadRequest, match=r'the database holds nodes.*without --bulk, or empty .*"movierec reset"'):
        load(database, tmp_path / "two.csv", bulk=True)
    with pytest.raises(BadRequest, match=r"there are no ratings of many people\. Load without --bulk"):
        load(database, tmp_path / "two.csv", bulk=True, table="movies", title_column="rating", new_movies=True)
    monkeypatch.setattr(bulk_module, "BULK_ROWS", 1)
    assert load(database, tmp_path / "two.csv", bulk=None).ratings == 2, "by itself it does what can be done"

    settings = database.settings
    elsewhere = ConnectionSettings(settings.uri, settings.username, settings.password)
    with (
        Database(elsewhere) as other,
        pytest.raises(BadRequest, match=r"is not the embedded server.*Unset NEO4J_URI"),
    ):
        load(other, tmp_path / "two.csv", bulk=True)


# `movierec load --bulk`, which says "there" when it comes to a moment, and goes no further.
PAUSING = """
import sys, time
from pathlib import Path
from movierec.cli.main import main
from movierec.database.connection import Database
from movierec.database.embedded import importer
from movierec.database.embedded.server import EmbeddedServer
from movierec.graph.import_csv import RatingRows

def stop():
    print("there", flush=True)
    time.sleep(600)

def stopping(function, when=lambda *arguments: True):
    def stops(*arguments, **named):
        if when(*arguments):
            stop()
        return function(*arguments, **named)
    return stops

class SayingPopen(importer.subprocess.Popen):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        print("there", flush=True)

moment, path = sys.argv[1:]
if moment == "the CSV is written":
    RatingRows.keep_newest = stopping(RatingRows.keep_newest)
if moment == "the importer runs":
    importer.subprocess.Popen = SayingPopen
if moment == "the server has ended":
    is_complete = lambda server, *_: (server.home.imports / "complete").exists()
    EmbeddedServer._start = stopping(EmbeddedServer._start, is_complete)
if moment == "half of the store is moved":
    Path.rename = stopping(Path.rename, lambda path, target: path.parts[-3:] == ("data", "transactions", "neo4j"))
if moment == "the server is there again":
    Database.reopen = stopping(Database.reopen)
sys.argv = ["movierec", "load", path, "--bulk", "--max-bad-rows", "1", "--rejects", path + "/../rejects"]
main()
"""


def started(home: Path, moment: str, path: Path, *, before: str = "") -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(before) + PAUSING, moment, str(path)],
        env=env | {"MOVIEREC_HOME": str(home)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_there(home: Path, moment: str, path: Path, number: int) -> tuple[int, str]:
    """Send a signal to a load at this moment; its exit code, and what it said."""
    process = started(home, moment, path)
    assert process.stdout is not None
    said = [process.stdout.readline()]
    assert said == ["there\n"], process.communicate()
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def importers(home: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if ADMIN_TOOL in command and any(str(home) in word for word in command):
            found.append(process.pid)
    return found


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=600)
    return process.returncode, err


@pytest.mark.parametrize(
    "moments",
    [
        ("the CSV is written", "the importer runs", "the server has ended"),
        pytest.param(("half of the store is moved",), marks=pytest.mark.slow),
        pytest.param(("the server is there again",), marks=pytest.mark.slow),
    ],
    ids=["before", "while it is moved", "after"],
)
def test_killed_import_is_begun_anew_or_completed(
    running: EmbeddedServer, database: Database, tmp_path: Path, moments: tuple[str, ...]
) -> None:
    path, home = movielens(tmp_path / "data"), running.home.folder
    load(database, path, False, max_bad_rows=1)
    expected = [content(database), database.read(MARKED)]
    reset_database(database)
    password = running.home.password()

    for moment in moments:
        code, err = end_there(home, moment, path, signal.SIGKILL)
        assert code == -signal.SIGKILL, err
        if moment in ("the CSV is written", "the importer runs"):
            assert database.read_one(load_query("doctor/counts"))["users"] == 0, "as empty as it was"
    code, err = end_of(started(home, "", path))
    assert code == 0, err
    assert importers(home) == [], "one that was left over is ended"
    assert not running.home.imports.exists()
    assert running.home.password() == password
    database.reopen(running.settings())
    assert [content(database), database.read(MARKED)] == expected
    assert database.read(load_query("doctor/indexes")) != []


def test_ctrl_c_ends_the_importer_too(running: EmbeddedServer, database: Database, tmp_path: Path) -> None:
    path = movielens(tmp_path / "data")
    code, err = end_there(running.home.folder, "the importer runs", path, signal.SIGINT)
    assert code == 130, err
    assert importers(running.home.folder) == []
    assert not running.home.imports.exists()
    assert database.read_one(load_query("doctor/counts"))["users"] == 0
    assert list_runs(database, 1)[0]["status"] == "failed"


def test_full_disk_is_said_and_leaves_the_database_as_it_is(
    running: EmbeddedServer, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = movielens(tmp_path / "data")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
    code, err = end_of(started(running.home.folder, "", path, before=limited))
    assert code == 1
    assert "Cannot write the import to" in err, err
    assert "Nothing was loaded." in err
    assert database.read_one(load_query("doctor/counts"))["users"] == 0
    assert not running.home.imports.exists()

    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**30, 2**30, 2**10))
    with pytest.raises(MovieRecError, match=r"has 0 MB free, the import needs .*Make room"):
        load(database, path, True, max_bad_rows=1)
    end_import(running.home)
