"""What a user gets wrong: one line that names thing, value, expectation and next command, and the exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.database.connection import Database
from tests.conftest import Answer
from tests.servers import MOVIELENS

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
        ("1,3,4.0,sometime", ("timestamp is 'sometime'", "whole Unix seconds")),
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
    answer = connected("load", broken_folder(tmp_path, 1, "user,item,rating,timestamp"))
    said_in_one_line(
        answer, 4, "ratings.csv line 1:", "user,item,rating,timestamp", "userId,movieId,rating,timestamp"
    )


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
    said_in_one_line(connected("similar", "matrix"), 2, "several titles", '"Matrix Reloaded, The (2003)"')


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


def test_error_as_json(movierec: Callable[..., Answer]) -> None:
    env = {"NEO4J_URI": "bolt://127.0.0.1:9", "NEO4J_PASSWORD": "x"}
    answer = movierec("doctor", "--format", "json", **env)
    error = json.loads(answer.err)["error"]
    assert answer.exit_code == error["exitCode"] == 3
    assert error["code"] == "NoConnection"
    assert "127.0.0.1:9" in error["message"]
    usage = movierec("runs", "--format", "json", "-n", "zero")
    assert json.loads(usage.err)["error"]["exitCode"] == usage.exit_code == 2
