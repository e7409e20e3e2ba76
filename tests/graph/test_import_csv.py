"""The importer's CSV, by an independent reader and by plain loops."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec.graph import import_csv
from movierec.graph.import_csv import RatingRows, csv_lines, decimal_digits, node_columns, node_line, number_texts
from movierec.ids import Id, id_array

ROW = st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.5, 3.5, 10 / 3]), st.integers(0, 5))


@given(
    numbers=st.lists(st.integers(0, 2**32 - 1), min_size=1),
    ratings=st.lists(st.floats(0.0, 5.0), min_size=1),
)
def test_numbers_are_read_back_as_they_were(numbers: list[int], ratings: list[float]) -> None:
    n = min(len(numbers), len(ratings))
    columns = [decimal_digits(np.array(numbers[:n])), number_texts(np.array(ratings[:n]))]
    rows = list(csv.reader(io.StringIO(csv_lines(columns, b",7\n").decode())))
    assert rows == [[str(number), row[1], "7"] for number, row in zip(numbers, rows, strict=False)]
    assert [float(row[1]) for row in rows] == ratings[:n]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tables=st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=3),
    block=st.integers(1, 7),
    are_texts=st.booleans(),
)
def test_newest_of_a_pair_stays_and_the_later_rows_are_counted(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[list[tuple[int, int, float, int]]],
    block: int,
    are_texts: bool,
) -> None:
    kept: dict[tuple[Id, Id], tuple[float, int]] = {}
    repeated = []
    for rows in tables:
        repeated.append(0)
        for user, movie, rating, time in rows:
            pair = (f"user {user}", f"{movie:03}") if are_texts else (user, movie)
            repeated[-1] += pair in kept
            if pair not in kept or kept[pair][1] <= time:
                kept[pair] = (rating, time)

    folder = tmp_path_factory.mktemp("csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_csv, "PART_PAIRS", 3)
        patch.setattr(import_csv, "BLOCK_ROWS", block)
        written = RatingRows(folder, 9)
        with written:
            for rows in tables:
                written.begin_table()
                for start in range(0, len(rows), block):
                    users, movies, ratings, times = zip(*rows[start : start + block], strict=True)
                    written.add(
                        id_array([f"user {user}" if are_texts else user for user in users]),
                        id_array([f"{movie:03}" if are_texts else movie for movie in movies]),
                        np.array(ratings),
                        np.array(times),
                    )
        written.keep_newest()

    header, *lines = list(csv.reader((folder / "ratings.csv").read_text().splitlines()))
    assert header == [":START_ID(User)", ":END_ID(Movie)", "rating:double", "timestamp:long", "loadId:long"]
    found = {
        (written.users[int(user)], written.movies[int(movie)]): (float(rating), int(time))
        for user, movie, rating, time, _ in lines
    }
    assert found == kept
    assert len(lines) == len(kept) == written.n_rows
    assert {line[4] for line in lines} <= {"9"}
    assert written.repeated == repeated
    assert sorted(path.name for path in folder.iterdir()) == ["ratings.csv"]


def test_node_with_properties_of_every_type_is_one_line() -> None:
    properties = {
        "name": 'so "called", really\nof two lines',
        "rowsDone": [3, 0],
        "startedAt": "2026-11-26T06:42:23.123Z",
        "live": True,
        "seconds": 1e-05,
        "tables": ["movies.csv", "ratings; new.csv"],
        "error": None,
        "nothing": [],
    }
    assert node_columns(properties) == (
        *("live:boolean", "name:string", "rowsDone:long[]", "seconds:double", "startedAt:datetime"),
        "tables:string[]",
    )
    (values,) = csv.reader(io.StringIO(node_line(properties, "|"), newline=""))
    assert values == [
        *("true", 'so "called", really\nof two lines', "3|0", "1e-05", "2026-11-26T06:42:23.123Z"),
        "movies.csv|ratings; new.csv",
    ]
