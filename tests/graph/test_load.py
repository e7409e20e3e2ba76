from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import latest_run, record_run
from movierec.errors import BadRequest, DataRejected, MovieRecError
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import list_loads, load_files, load_ratings
from movierec.graph.results import LoadResult
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from tests.conftest import Answer
from tests.graph.content import content
from tests.ratings.reading import read
from tests.servers import MOVIELENS

ONE_RATING = parse_query(
    "tests/one_rating",
    "// One.\n// Parameters: none.\n// Returns: row.\n"
    "MATCH (:User {userId: 1})-[r:RATED]->(m:Movie {movieId: 1}) "
    "RETURN r.rating AS rating, r.timestamp AS timestamp, m {.*} AS movie;",
)
TOUCHED = parse_query(
    "tests/changed",
    "// Who is marked.\n// Parameters: none.\n// Returns: userIds.\n"
    "MATCH (u:User:Changed) WITH u.userId AS userId ORDER BY userId RETURN collect(userId) AS userIds;",
)
UNTOUCH = parse_query(
    "tests/clear_changed",
    "// Marks away.\n// Parameters: none.\n// Returns: n.\n"
    "MATCH (u:User:Changed) REMOVE u:Changed RETURN count(u) AS n;",
)


def small_folder(tmp_path: Path, ratings: str) -> Path:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A (2000),Drama|War\n2,B,(no genres listed)\n")
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0000123,77\n2,0000124,\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + ratings)
    return tmp_path


def own_file(tmp_path: Path, name: str, *rows: str) -> Path:
    path = tmp_path / name
    path.write_text("user,movie,rating,timestamp\n" + "\n".join(rows) + "\n")
    return path


def one(database: Database) -> tuple[float, int]:
    (row,) = database.read(ONE_RATING)
    return row["rating"], row["timestamp"]


def changed(database: Database) -> list[int]:
    return database.read_one(TOUCHED)["userIds"]  # type: ignore[no-any-return]


def counted(result: LoadResult) -> dict[str, object]:
    return {name: getattr(result, name) for name in ("read", "written", "unchanged", "rejected", "duplicates")}


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


@pytest.mark.both_versions
def test_second_load_changes_nothing_but_the_log(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n1,2,3.5,101\n2,1,5.0,102\n")
    first = load_ratings(empty_database, folder)
    before = content(empty_database)
    second = load_ratings(empty_database, folder)
    assert counted(first) == {"read": 7, "written": 7, "unchanged": 0, "rejected": 0, "duplicates": 0}
    assert counted(second) == {"read": 7, "written": 0, "unchanged": 7, "rejected": 0, "duplicates": 0}
    assert content(empty_database) == before
    run = latest_run(empty_database, "load")
    assert run is not None
    assert (run["status"], run["ratings"], run["loadId"]) == ("done", 3, 1)


def test_batches_of_any_size_give_the_same_graph(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "".join(f"{user},1,4.0,{user}\n" for user in range(1, 24)))
    assert load_ratings(empty_database, folder, batch_rows=5).ratings == 23
    # Another size goes on where the first has ended: nowhere.
    assert load_ratings(empty_database, folder, batch_rows=7).written == 0


@pytest.mark.both_versions
def test_newer_rating_wins_whatever_comes_first(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100", "2,1,4.0,100"))
    assert counted(load_ratings(empty_database, own_file(tmp_path, "b.csv", "1,1,2.5,200", "2,1,4.0,100"))) == {
        "read": 2,
        "written": 1,
        "unchanged": 1,
        "rejected": 0,
        "duplicates": 0,
    }
    assert one(empty_database) == (2.5, 200)
    load_ratings(empty_database, own_file(tmp_path, "c.csv", "1,1,5.0,150"))
    assert one(empty_database) == (2.5, 200)
    # Equally old and different: what was loaded last is a correction.
    load_ratings(empty_database, own_file(tmp_path, "d.csv", "1,1,3.0,200"))
    assert one(empty_database) == (3.0, 200)


@pytest.mark.parametrize("batch_rows", [10, 2, 1])
def test_duplicates_in_a_file_are_counted_and_the_newest_stays(
    empty_database: Database, tmp_path: Path, batch_rows: int
) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100", "1,1,2.0,300", "1,1,5.0,200", "2,1,1.0,1")
    assert counted(load_ratings(empty_database, path, batch_rows)) == {
        "read": 4,
        "written": 2,
        "unchanged": 2,
        "rejected": 0,
        "duplicates": 2,
    }
    assert one(empty_database) == (2.0, 300)


def test_only_users_whose_ratings_change_are_marked(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100", "2,1,4.0,100", "3,1,4.0,100"))
    assert changed(empty_database) == [1, 2, 3]
    empty_database.write(UNTOUCH)
    load_ratings(
        empty_database, own_file(tmp_path, "b.csv", "1,1,4.0,100", "2,1,4.5,101", "3,1,1.0,1", "4,1,4.0,1")
    )
    assert changed(empty_database) == [2, 4]


def test_missing_year_and_link_are_no_properties(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, small_folder(tmp_path, "1,2,4.0,100\n"))
    rows = empty_database.read(load_query("pull/movies"))
    assert (rows[1]["year"], rows[1]["tmdbId"], rows[1]["genres"]) == (None, None, [])


def test_bad_row_stops_the_load_before_its_chunk_and_is_recorded(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n2,1,4.0,100\n1,2,9.0,101\n")
    with pytest.raises(DataRejected, match=r"ratings\.csv line 4: rating is '9\.0'"):
        load_ratings(empty_database, folder, batch_rows=2)
    run = latest_run(empty_database, "load")
    assert run is not None
    assert run["status"] == "failed"
    assert empty_database.read_one(load_query("doctor/counts"))["ratings"] == 2, "only the chunk before it"
    with Files(folder) as files, BadRows(-1, tmp_path / "rejects.jsonl") as bad_rows:
        result = load_files(empty_database, files, ReadSettings(), bad_rows, batch_rows=2)
    # Going on without the row, the load begins where it had stopped.
    assert counted(result) | {"duplicates": 0} == {
        "read": 7,
        "written": 0,
        "unchanged": 6,
        "rejected": 1,
        "duplicates": 0,
    }


def test_load_into_a_split_database_is_refused(empty_database: Database, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n1,2,4.0,101\n")
    load_ratings(empty_database, folder)
    split_ratings(empty_database, SplitSettings(fraction=0.5, min_likes=2))
    with pytest.raises(BadRequest, match=r"split --undo"):
        load_ratings(empty_database, folder)


def test_load_beside_a_living_derive_is_refused(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_folder(tmp_path, "1,1,4.0,100\n")
    with record_run(empty_database, "derive", {}):
        # The same process may: it is its own business. Another, alive as this one is, may not.
        monkeypatch.setattr("movierec.database.runs._this_process", lambda: "elsewhere:1:0")
        with pytest.raises(MovieRecError, match=r"derive-.* is still running"):
            load_ratings(empty_database, folder)


def test_missing_folder_writes_nothing(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"No file or folder"):
        load_ratings(empty_database, tmp_path / "absent")
    assert empty_database.read_one(load_query("doctor/counts"))["movies"] == 0


def test_changed_file_of_the_same_name_is_noticed(
    empty_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100"))
    assert not caplog.records
    result = load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100", "2,1,4.0,100"))
    assert "a.csv is not the file that load 1 read" in caplog.text
    assert (result.load_id, result.written, result.unchanged) == (2, 1, 1)


def test_file_that_changes_while_it_is_read_is_noticed(empty_database: Database, tmp_path: Path) -> None:
    path = own_file(tmp_path, "a.csv", *[f"{user},1,4.0,100" for user in range(1, 4)])

    class Appends(BadRows):
        def take(self, rejects):  # type: ignore[no-untyped-def]
            with path.open("a") as file:
                file.write("9,1,4.0,100\n")
            super().take(rejects)

    with Files(path) as files, Appends() as bad_rows, pytest.raises(DataRejected, match=r"changed while it was"):
        load_files(empty_database, files, ReadSettings(), bad_rows)
    result = load_ratings(empty_database, path)
    assert (result.ratings, result.rejected) == (4, 0)


def test_other_way_of_reading_the_same_file_is_another_load(empty_database: Database, tmp_path: Path) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100")
    load_ratings(empty_database, path)
    with Files(path) as files, BadRows() as bad_rows:
        result = load_files(empty_database, files, ReadSettings(implicit=True), bad_rows)
    assert result.load_id == 2
    assert one(empty_database) == (5.0, 100)


@pytest.mark.both_versions
def test_text_ids_can_be_asked_for(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path
) -> None:
    rows = [f"{user},{movie},5.0,{100 + i}" for user in ("ann", "bob") for i, movie in enumerate(("tea", "mug"))]
    load_ratings(empty_database, own_file(tmp_path, "shop.csv", *rows, "ann,cup,5.0,3"))
    (tmp_path / "items.csv").write_text("sku,name\ntea,Green tea\nmug,Large mug\n")
    assert connected("load", tmp_path / "items.csv", "--table", "movies").exit_code == 0
    titles = {row["movieId"]: row["title"] for row in empty_database.read(load_query("pull/movies"))}
    assert titles == {"tea": "Green tea", "mug": "Large mug", "cup": "cup"}
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1, denominator="likes"))
    assert empty_database.read_one(load_query("derive/summary"))["movies"] == 3
    answer = connected("recommend", "--user", "bob", "--format", "json")
    assert answer.exit_code in (0, 5), answer.err


def test_dry_run_needs_no_server_and_writes_nothing(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    answer = movierec("load", MOVIELENS, "--dry-run", "--format", "json", NEO4J_URI="bolt://127.0.0.1:1")
    assert answer.exit_code == 0, answer.err
    assert json.loads(answer.out)["tables"]["ratings.csv"]["read"] == 100_836
    assert answer.err.splitlines()[-1] == "124,003 read, 0 written, 0 unchanged, 0 rejected"
    bad = own_file(tmp_path, "a.csv", "1,1,4.0,100", "1,1,9,100")
    assert movierec("load", bad, "--dry-run").exit_code == 4


def test_last_line_summary_and_rejects_say_the_same(
    connected: Callable[..., Answer], empty_database: Database, tmp_path: Path
) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100", "1,2,9,100", "2,1,x,100", "2,2,3.5,100")
    answer = connected("load", path, "--max-bad-rows", 2, "--summary", tmp_path / "summary.json")
    assert answer.exit_code == 0, answer.err
    assert answer.err.splitlines()[-1] == "4 read, 2 written, 0 unchanged, 2 rejected (see rejects.jsonl)"
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {name: summary[name] for name in ("read", "written", "unchanged", "rejected", "ratings")} == {
        "read": 4,
        "written": 2,
        "unchanged": 0,
        "rejected": 2,
        "ratings": 2,
    }
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(entry["line"], entry["column"]) for entry in rejects] == [(3, "rating"), (4, "rating")]


def test_standard_input_and_listing(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100")
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert connected("load", "-").exit_code == 0
    (load,) = json.loads(connected("load", "--list", "--format", "json").out)
    assert (load["name"], load["status"], load["written"]) == ("standard input", "done", 1)


def test_rejected_load_is_listed_as_unfinished(
    empty_database: Database, connected: Callable[..., Answer], tmp_path: Path
) -> None:
    assert connected("load", own_file(tmp_path, "a.csv", "1,1,4.0,100", "1,2,x,100")).exit_code == 4
    (load,) = json.loads(connected("load", "--list", "--format", "json").out)
    assert (load["name"], load["status"]) == ("a.csv", "unfinished")


@pytest.mark.parametrize("arguments", [(), ("a.csv", "--list"), ("--list", "--remove", "1")])
def test_load_does_one_thing_at_a_time(movierec: Callable[..., Answer], arguments: tuple[str, ...]) -> None:
    answer = movierec("load", *arguments)
    assert answer.exit_code == 2
    assert "Give one of PATH, --list and --remove LOAD" in answer.err


def test_movies_of_the_sample_with_one_title_are_told_apart(
    keras_database: Database, connected: Callable[..., Answer]
) -> None:
    answer = connected("similar", "Emma (1996)")
    assert answer.exit_code == 2
    assert "838" in answer.err
    assert "26958" in answer.err, "both ids are candidates"


def test_ml_100k_is_loaded_with_its_duplicate_titles(empty_database: Database, ml_100k: Path) -> None:
    result = load_ratings(empty_database, ml_100k)
    assert (result.users, result.movies, result.ratings) == (943, 1682, 100_000)
    titles = [row["title"] for row in empty_database.read(load_query("pull/movies"))]
    with_year = [(row["title"], row["year"]) for row in empty_database.read(load_query("pull/movies"))]
    assert len(with_year) - len(set(with_year)) == 18
    assert len(titles) == 1682
    user = read(ml_100k)["users"][0]["properties"]
    assert user == {"gender": "M", "occupation": "technician", "zipCode": "85711", "age": 24}


def test_loads_are_listed_in_order(empty_database: Database, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        load_ratings(empty_database, own_file(tmp_path, name, f"1,1,4.0,{ord(name[0])}"))
    assert [(load["loadId"], load["name"]) for load in list_loads(empty_database)] == [(1, "a.csv"), (2, "b.csv")]


def test_sample_in_the_repository_is_the_published_one() -> None:
    source = (MOVIELENS / "SOURCE.md").read_text()
    for path in sorted(MOVIELENS.glob("*.csv")):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in source, path.name
