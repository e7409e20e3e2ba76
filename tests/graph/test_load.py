import hashlib
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import latest_run
from movierec.errors import BadRequest, DataRejected
from movierec.graph.load import load_ratings
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings
from tests.conftest import MOVIELENS

ONE_RATING = parse_query(
    "tests/one_rating",
    "// One.\n// Parameters: none.\n// Returns: row.\n"
    "MATCH (:User {userId: 1})-[r:RATED]->(m:Movie {movieId: 1}) "
    "RETURN r.rating AS rating, r.timestamp AS timestamp, m {.*} AS movie;",
)


def small_folder(tmp_path: Path, ratings: str) -> Path:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A (2000),Drama|War\n2,B,(no genres listed)\n")
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0000123,77\n2,0000124,\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + ratings)
    return tmp_path


def test_real_data_are_all_there(movielens_database: Database) -> None:
    counts = movielens_database.read_one(load_query("doctor/counts"))
    assert (counts["users"], counts["movies"], counts["ratings"]) == (610, 9742, 100_836)
    (row,) = movielens_database.read(ONE_RATING)
    assert (row["rating"], row["timestamp"]) == (4.0, 964982703)
    movie = row["movie"]
    movie = {key: movie[key] for key in ("movieId", "title", "year", "genres", "imdbId", "tmdbId")}
    assert movie == {
        "movieId": 1,
        "title": "Toy Story (1995)",
        "year": 1995,
        "genres": ["Adventure", "Animation", "Children", "Comedy", "Fantasy"],
        "imdbId": "0114709",
        "tmdbId": 862,
    }


def test_second_load_changes_nothing_but_the_log(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n1,2,3.5,101\n2,1,5.0,102\n")
    first = load_ratings(empty_database, folder)
    second = load_ratings(empty_database, folder)
    assert {k: v for k, v in first.items() if k != "seconds"} == {
        k: v for k, v in second.items() if k != "seconds"
    }
    run = latest_run(empty_database, "load")
    assert run is not None
    assert (run["status"], run["ratings"]) == ("done", 3)


def test_batches_of_any_size_give_the_same_graph(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "".join(f"{user},1,4.0,{user}\n" for user in range(1, 24)))
    assert load_ratings(empty_database, folder, batch_rows=5)["ratings"] == 23


def test_changed_rating_is_updated(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, small_folder(tmp_path, "1,1,4.0,100\n"))
    load_ratings(empty_database, small_folder(tmp_path, "1,1,2.5,200\n"))
    (row,) = empty_database.read(ONE_RATING)
    assert (row["rating"], row["timestamp"]) == (2.5, 200)


def test_missing_year_and_link_are_no_properties(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, small_folder(tmp_path, "1,2,4.0,100\n"))
    rows = empty_database.read(load_query("pull/movies"))
    assert (rows[1]["year"], rows[1]["tmdbId"], rows[1]["genres"]) == (None, None, [])


def test_bad_row_stops_the_load_and_is_recorded(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n1,2,9.0,101\n")
    with pytest.raises(DataRejected, match=r"ratings\.csv line 3: rating is '9\.0'"):
        load_ratings(empty_database, folder)
    run = latest_run(empty_database, "load")
    assert run is not None
    assert run["status"] == "failed"
    assert empty_database.read_one(load_query("doctor/counts"))["ratings"] == 0, "its chunk was not written"


def test_load_into_a_split_database_is_refused(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n1,2,4.0,101\n")
    load_ratings(empty_database, folder)
    split_ratings(empty_database, SplitSettings(fraction=0.5, min_likes=2))
    with pytest.raises(BadRequest, match="split --undo"):
        load_ratings(empty_database, folder)


def test_missing_folder_writes_nothing(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"movies.csv"):
        load_ratings(empty_database, tmp_path / "absent")
    assert empty_database.read_one(load_query("doctor/counts"))["movies"] == 0


def test_sample_in_the_repository_is_the_published_one() -> None:
    source = (MOVIELENS / "SOURCE.md").read_text()
    for path in sorted(MOVIELENS.glob("*.csv")):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in source, path.name
