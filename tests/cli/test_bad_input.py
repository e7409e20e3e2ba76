"""What a user gets wrong: one line that names thing, value, expectation and next command, and the exit code."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.database.connection import Database
from tests.conftest import Answer
from tests.servers import MOVIELENS, TestServer

pytestmark = pytest.mark.one_version


def broken_folder(tmp_path: Path, line: int, row: str) -> Path:
    """The real sample with one line of ratings.csv replaced."""
    folder = tmp_path / "broken"
    shutil.copytree(MOVIELENS, folder)
    lines = (folder / "ratings.csv").read_text().splitlines()
    lines[line - 1] = row
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    return folder


def said_in_one_line(answer: Answer, exit_code: int, *parts: str) -> None:
    last = answer.err.strip().splitlines()[-1]
    assert answer.exit_code == exit_code, answer.err
    assert last.startswith("movierec: ")
    assert "Traceback" not in answer.err
    for part in parts:
        assert part in last


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("1,3,4.0,sometime", ("timestamp is 'sometime'", "expected Unix seconds")),
        ("1,3,good,964981247", ("rating is 'good'", "a rating from 0.5 to 5")),
        ("1,3,7.5,964981247", ("rating is '7.5'", "a rating from 0.5 to 5")),
        ("1,999999,4.0,964981247", ("movieId is '999999'", "the table of movies")),
    ],
)
def test_bad_row(
    connected: Callable[..., Answer], empty_database: Database, tmp_path: Path, row: str, parts: tuple[str, ...]
) -> None:
    answer = connected("load", broken_folder(tmp_path, 42, row))
    said_in_one_line(answer, 4, "ratings.csv line 42:", *parts)


def test_wrong_header(connected: Callable[..., Answer], empty_database: Database, tmp_path: Path) -> None:
    answer = connected("load", broken_folder(tmp_path, 1, "who,what,rating,timestamp"))
    said_in_one_line(answer, 4, "ratings.csv: no column for userId among who, what, rating", "--user-column")


def test_missing_file(connected: Callable[..., Answer], empty_database: Database, tmp_path: Path) -> None:
    said_in_one_line(connected("load", tmp_path), 4, "movies.csv", "movierec fetch")


def test_no_such_user(connected: Callable[..., Answer], keras_database: Database) -> None:
    said_in_one_line(connected("recommend", "--user", 611), 2, "No user 611", "1 to 610")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("recommend",), ("nothing to recommend from", "a user, or at least one movie")),
        (("recommend", "--user", "1", "--genre", "Comdy"), ("No movie is of genre 'Comdy'", "Comedy")),
        (("recommend", "--user", "1", "--year", "nineties"), ("'nineties' are not a range", "1990..1999")),
        (("recommend", "--user", "1", "--diversity", "2"), ("diversity is 2.0", "0 to 1")),
        (("recommend", "--likes", "Matirx"), ("No movie 'Matirx'", "Did you mean")),
        (("similar", "Jumanji", "--without-genre", "Dram"), ("No movie is of genre 'Dram'", "Drama")),
        (("explain", "Jumanji", "--user", "9999"), ("No user 9999", "1 to 610")),
    ],
)
def test_wrong_request(
    connected: Callable[..., Answer], keras_database: Database, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    said_in_one_line(connected(*arguments), 2, *parts)


def test_ambiguous_title(connected: Callable[..., Answer], keras_database: Database) -> None:
    said_in_one_line(connected("similar", "star wars"), 2, "several titles", "Star Wars: Episode IV")


def test_misspelt_title(connected: Callable[..., Answer], keras_database: Database) -> None:
    said_in_one_line(connected("similar", "Matirx"), 2, "No movie 'Matirx'", "Did you mean")


def test_no_edges_above_the_threshold(connected: Callable[..., Answer], changed_small_database: Database) -> None:
    said_in_one_line(connected("derive", "--min-weight", 1e6), 1, "weight 1000000", "Lower --min-weight")


@pytest.mark.parametrize(
    ("arguments", "stage"),
    [
        (("derive",), "load"),
        (("train",), "derive"),
        (("similar", "Jumanji"), "derive"),
        (("recommend", "--user", "1"), "load"),
        (("split",), "load"),
        (("explain", "Jumanji", "--user", "1"), "load"),
        (("evaluate", "--in-place"), "load"),
        (("tune",), "load"),
        (("rating-model", "train"), "load"),
        (("rating-model", "predict", "--user", "1"), "rating-model train"),
        (("rating-model", "evaluate"), "load"),
        (("export", "folder"), "train"),
        (("plot", "loss", "x.png"), "train"),
    ],
)
def test_stage_before_its_predecessor(
    connected: Callable[..., Answer], empty_database: Database, arguments: tuple[str, ...], stage: str
) -> None:
    said_in_one_line(connected(*arguments), 5, f"movierec {stage}")


def test_wrong_password(connected: Callable[..., Answer]) -> None:
    answer = connected("doctor", NEO4J_PASSWORD="certainly-wrong")
    said_in_one_line(answer, 3, "refused the user name or password", "NEO4J_PASSWORD")
    assert "certainly-wrong" not in answer.err


def test_server_away(movierec: Callable[..., Answer]) -> None:
    answer = movierec("doctor", NEO4J_URI="bolt://127.0.0.1:9", NEO4J_PASSWORD="x")
    said_in_one_line(answer, 3, "No Neo4j server answers at bolt://127.0.0.1:9", "NEO4J_URI")


def test_no_password(movierec: Callable[..., Answer]) -> None:
    answer = movierec("doctor", "--uri", "bolt://127.0.0.1:9")
    said_in_one_line(answer, 2, "No password for bolt://127.0.0.1:9", "--password-file")


def test_wrong_scheme(movierec: Callable[..., Answer]) -> None:
    said_in_one_line(movierec("doctor", NEO4J_URI="http://x", NEO4J_PASSWORD="x"), 2, "'http'", "bolt://")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("train", "--p", "0"), ("p is 0.0", "positive")),
        (("train", "--walk-length", "1"), ("walk_length is 1", "at least 2")),
        (("rating-model", "train", "--dropout", "1"), ("dropout is 1.0", "less than 1")),
        (("rating-model", "evaluate", "--device", "cuda"), ("device is 'cuda'", "--device cpu")),
        (("derive", "--min-rating", "6"), ("min_rating is 6.0", "0.5 to 5.0")),
        (("split", "--fraction", "1.5"), ("fraction is 1.5",)),
        (("train", "--device", "cuda"), ("device is 'cuda'", "--device cpu")),
        (("train", "--profile-epochs", "-1"), ("profile_epochs is -1", "0 or more")),
        (("train", "--profile-temperature", "0"), ("profile_temperature is 0.0", "positive")),
        (("derive", "--follow-window", "0"), ("follow_window is 0", "more than 0")),
    ],
)
def test_setting_out_of_range_is_refused_before_a_server_is_started(
    movierec: Callable[..., Answer], tmp_path: Path, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    said_in_one_line(movierec(*arguments), 2, *parts)
    assert not list(tmp_path.rglob("server"))


def test_never_started_server_has_no_password(movierec: Callable[..., Answer]) -> None:
    said_in_one_line(movierec("server", "password"), 3, "movierec server start")


def run_in(folder: Path, *arguments: str, **env: str) -> Answer:
    """The command line as a process of its own in `folder`, which may be gone by the time that it starts."""
    script = "import os, shutil, sys; os.chdir(sys.argv[1]); shutil.rmtree(sys.argv[1]) if sys.argv[2] else None\n"
    gone = env.pop("gone", "")
    script += "sys.argv[1:3] = []; from movierec.cli.main import main; main()"
    command = [sys.executable, "-c", script, str(folder), gone, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | env)
    return Answer(done.returncode, done.stdout, done.stderr)


def test_env_file_that_is_no_text_is_named(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("NEO4J_PASSWORD=pässword\n".encode("latin-1"))
    said_in_one_line(movierec("server", "status"), 2, str(tmp_path / ".env"), "Save it as UTF-8")


def test_env_file_may_begin_with_a_byte_order_mark(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfNEO4J_URI=http://x\n")
    said_in_one_line(movierec("doctor"), 2, "'http'")


def test_what_nobody_thought_of_is_said_in_one_line(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\n\n")
    answer = movierec("doctor", "--uri", "bolt://127.0.0.1:9", "--password-file", "password")
    said_in_one_line(answer, 1, "UnicodeDecodeError", "--debug")


def test_working_folder_that_is_gone_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    answer = run_in(tmp_path / "gone", "server", "status", gone="yes", MOVIEREC_HOME=str(tmp_path / "home"))
    said_in_one_line(answer, 1, "No such file or directory", "--debug")


def test_damaged_state_of_the_server_is_not_used(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    state = tmp_path / "movierec-home" / "server" / "state.json"
    state.parent.mkdir(parents=True)
    for content in (b"{", b"\xff", b'{"pid": 1}', b"[]"):
        state.write_bytes(content)
        answer = movierec("server", "status", "--format", "json")
        assert answer.exit_code == 0, answer.err
        assert json.loads(answer.out)["running"] is False


@pytest.mark.parametrize(
    "header",
    ["user\x1b]0;X\x07,item", "\x00\x01\x02,\x03", "user,it\x9dem", ",".join(f"column{i}" for i in range(999))],
)
def test_names_of_columns_are_shown_escaped_and_few(
    movierec: Callable[..., Answer], tmp_path: Path, header: str
) -> None:
    (tmp_path / "e.csv").write_bytes(header.encode("latin-1") + b"\n1,2\n")
    answer = movierec("load", "--dry-run", "e.csv")
    assert answer.exit_code == 4
    assert answer.err.removesuffix("\n").isprintable()
    assert len(answer.err) < 600


def test_titles_that_an_ascii_terminal_cannot_hold_are_escaped(
    neo4j_server: TestServer, keras_database: Database, tmp_path: Path
) -> None:
    answer = run_in(tmp_path, "similar", "Amélie", "--plain-cosine", PYTHONIOENCODING="ascii", **neo4j_server.env)
    assert answer.exit_code == 0, answer.err
    assert "Am\\xe9lie" in answer.err
    assert answer.out


def test_pairs_no_more_frequent_than_by_chance_are_explained(
    connected: Callable[..., Answer], empty_database: Database, tmp_path: Path
) -> None:
    rows = [f"{user},{movie},5" for user in range(30) for movie in range(5)]
    (tmp_path / "same.csv").write_text("userId,movieId,rating\n" + "\n".join(rows) + "\n")
    assert connected("load", "same.csv").exit_code == 0
    answer = connected("derive", "--min-weight", "0", "--min-rating", "0.5")
    said_in_one_line(answer, 1, "than by chance", "--measure count")
    assert "Lower" not in answer.err
    assert connected("derive", "--measure", "count", "--min-weight", "1").exit_code == 0


def test_training_without_a_single_walk_is_refused(
    connected: Callable[..., Answer], empty_database: Database, tmp_path: Path
) -> None:
    rows = [f"1,{movie},5,{1000 + 10 * movie}" for movie in range(7)]
    (tmp_path / "one.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n")
    assert connected("load", "one.csv").exit_code == 0
    assert connected("derive", "--measure", "count", "--min-weight", "1").exit_code == 0
    said_in_one_line(connected("train"), 1, "walk on FOLLOWED_BY", "--sequential off")
    assert connected("train", "--sequential", "off", "--epochs", "1", "--profile-epochs", "1").exit_code == 0


def test_error_as_json(movierec: Callable[..., Answer]) -> None:
    env = {"NEO4J_URI": "bolt://127.0.0.1:9", "NEO4J_PASSWORD": "x"}
    answer = movierec("doctor", "--format", "json", **env)
    error = json.loads(answer.err)["error"]
    assert answer.exit_code == error["exitCode"] == 3
    assert error["code"] == "NoConnection"
    assert "127.0.0.1:9" in error["message"]
    usage = movierec("runs", "--format", "json", "-n", "zero")
    assert json.loads(usage.err)["error"]["exitCode"] == usage.exit_code == 2
