"""Ids that are texts: everything comes out as with integers in the same order, under the user's own ids."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.evaluation.dataset import pull_evaluation_data
from tests.conftest import Answer
from tests.small_ratings import write_small_ratings

STAGES: list[list[object]] = [
    ["derive", "--min-weight", "0.5", "--min-rating", "4"],
    ["train", "--epochs", "2", "--embedding-size", "8"],
    ["rating-model", "train", "--epochs", "2"],
]
QUESTIONS: list[list[object]] = [
    ["recommend", "--user", "{user}", "-k", "5"],
    ["recommend", "--likes", "{movie}", "-k", "5", "--exclude", "{other}"],
    ["similar", "{movie}", "-k", "5"],
    ["explain", "{other}", "--user", "{user}"],
    ["rating-model", "predict", "--user", "{user}", "-k", "5"],
    ["rating-model", "predict", "--user", "{user}", "--movie", "{movie}"],
    ["stats"],
]


def text_of(number: int, letter: str) -> str:
    return f"{letter}-{number:03d}"


def shop_of(folder: Path) -> Path:
    """The small ratings as a shop's Parquet, with ids that are texts in the same order."""
    ratings = pd.read_csv(folder / "ratings.csv")
    movies = pd.read_csv(folder / "movies.csv")
    ratings["userId"] = [text_of(user, "u") for user in ratings["userId"]]
    ratings["movieId"] = [text_of(movie, "m") for movie in ratings["movieId"]]
    movies["movieId"] = [text_of(movie, "m") for movie in movies["movieId"]]
    shop = folder / "shop"
    shop.mkdir()
    ratings.to_parquet(shop / "orders.parquet")
    movies.to_parquet(shop / "items.parquet")
    return shop


def answers(connected: Callable[..., Answer], *, texts: bool) -> list[Any]:
    names = {"user": 7, "movie": 3, "other": 5}
    typed = {n: text_of(i, "u" if n == "user" else "m") if texts else str(i) for n, i in names.items()}
    found = []
    for question in QUESTIONS:
        asked = [str(word).format(**typed) for word in question]
        answer = connected(*asked, "--format", "json")
        assert answer.exit_code == 0, answer.err
        found.append(json.loads(answer.out))
    return found


def without_what_differs(answer: Any) -> Any:
    """Text ids as the numbers they were made from; without runIds and times, which differ from run to run."""
    text = json.dumps(answer)
    text = re.sub(r'"[um]-0*(\d+)"', r"\1", text)
    text = re.sub(r'"(runId|seconds)": ("[^"]*"|[\d.]+),?', "", text)
    return re.sub(r"(?<=[{,]) |, (?=})", "", text)


@pytest.mark.one_version
def test_texts_answer_as_integers_do(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path
) -> None:
    folder = write_small_ratings(tmp_path / "small")
    shop = shop_of(folder)
    by_integers, by_texts = (
        [["load", folder]],
        [["load", shop / "items.parquet", "--table", "movies"], ["load", shop / "orders.parquet"]],
    )
    found = []
    for texts, loads in ((False, by_integers), (True, by_texts)):
        for stage in [*loads, *STAGES]:
            answer = connected(*stage)
            assert answer.exit_code == 0, answer.err
        found.append(answers(connected, texts=texts))
        if not texts:
            assert connected("reset", "--yes").exit_code == 0
    assert [*map(without_what_differs, found[1])] == [*map(without_what_differs, found[0])]
    assert found[1][0][0]["movieId"].startswith("m-")
    assert found[1][2][0]["queryMovieId"] == "m-003"
    assert {row["movieId"] for row in empty_database.read(load_query("embedding/read"))} <= {
        text_of(i, "m") for i in range(1, 41)
    }


@pytest.mark.one_version
def test_texts_are_split_and_evaluated(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path
) -> None:
    shop = shop_of(write_small_ratings(tmp_path / "small"))
    assert connected("load", shop / "orders.parquet").exit_code == 0
    for strategy in ("random", "newest"):
        answer = connected("split", "--strategy", strategy, "--format", "json")
        assert answer.exit_code == 0, answer.err
        assert json.loads(answer.out)["heldOut"] > 0
        for stage in STAGES[:2]:
            assert connected(*stage).exit_code == 0
        data = pull_evaluation_data(empty_database, 4.0)
        assert data.catalogue.movie_ids.dtype.kind == "U"
        assert len(data.cases) > 0
        assert set(data.catalogue.movie_ids) <= {text_of(i, "m") for i in range(1, 41)}
        assert (data.cases.held_out.values >= 0).any()
        assert connected("split", "--undo").exit_code == 0
    pair = empty_database.read(load_query("pull/ratings"))[6]
    (tmp_path / "test.csv").write_text(f"userId,movieId,rating\n{pair['userId']},{pair['movieIds'][0]},5\n")
    answer = connected(
        "split", "--strategy", "canonical", "--test-file", tmp_path / "test.csv", "--format", "json"
    )
    assert answer.exit_code == 0, answer.err
    assert json.loads(answer.out)["heldOut"] == 1


def test_users_that_are_texts_may_rate_movies_that_are_integers(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text("userId,movieId,rating\nann,1,5\nbob,1.0,4\n")
    (tmp_path / "m.csv").write_text("movieId,title\n1,Heat (1995)\n")
    assert connected("load", tmp_path / "r.csv").exit_code == 0
    answer = connected("load", tmp_path / "m.csv", "--table", "movies")
    assert answer.exit_code == 0, answer.err
    assert [(row["movieId"], row["title"]) for row in empty_database.read(load_query("pull/movies"))] == [
        (1, "Heat (1995)")
    ]
