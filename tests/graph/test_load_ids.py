"""Ids of a load have to meet those in the database; a person's movies are looked up there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, DataRejected
from movierec.graph.load import check_files, load_files
from movierec.graph.personal import MovieMatcher
from movierec.graph.results import LoadCheck, LoadResult
from movierec.lookup.users import find_user
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from tests.conftest import Answer


def load(database: Database | None, folder: Path, text: str, **settings: object) -> LoadResult | LoadCheck:
    """Load a file of this text; with no database a dry run."""
    path = folder / "own.csv"
    path.write_text(text, encoding="utf-8")
    with Files(path) as files, BadRows() as bad_rows:
        chosen = ReadSettings(**settings)  # type: ignore[arg-type]
        return (
            check_files(files, chosen, bad_rows)
            if database is None
            else load_files(database, files, chosen, bad_rows)
        )


def ratings_of(database: Database) -> list[tuple[object, object]]:
    return [
        (row["userId"], movie) for row in database.read(load_query("pull/ratings")) for movie in row["movieIds"]
    ]


@pytest.mark.both_versions
def test_later_file_is_read_as_what_is_there(empty_database: Database, tmp_path: Path) -> None:
    load(empty_database, tmp_path, "user,sku,rating\nann,007,5\nbob,B-1,4\n")
    load(empty_database, tmp_path, "user,sku,rating\n12,8,5\n")
    assert ratings_of(empty_database) == [("12", "8"), ("ann", "007"), ("bob", "B-1")]
    load(empty_database, tmp_path, "sku,title\n007,Moonraker\n8,Eight\n", table="movies")
    titles = {row["movieId"]: row["title"] for row in empty_database.read(load_query("pull/movies"))}
    assert titles == {"007": "Moonraker", "8": "Eight", "B-1": "B-1"}


def test_texts_beside_integers_are_refused_with_the_first_of_them(
    empty_database: Database, tmp_path: Path
) -> None:
    load(empty_database, tmp_path, "user,item,rating\n1,2,5\n")
    with pytest.raises(DataRejected, match=r'movies in the database have integers as ids.*: "B-1" in .*line 2'):
        load(empty_database, tmp_path, "item,title\nB-1,Kettle\n", table="movies")
    with pytest.raises(DataRejected, match=r'users in the database have integers.*"ann".*movierec reset'):
        load(empty_database, tmp_path, "user,item,rating\nann,2,5\n")
    with pytest.raises(DataRejected, match=r'"002" in .* line 2.*"--ids integer"'):
        load(empty_database, tmp_path, "item,title\n002,Two\n", table="movies")
    load(empty_database, tmp_path, "item,title\n002,Two\n", table="movies", ids="integer")
    assert [row["title"] for row in empty_database.read(load_query("pull/movies"))] == ["Two"]


def test_movies_that_nobody_rated_are_refused_until_they_are_meant(
    empty_database: Database, tmp_path: Path
) -> None:
    load(empty_database, tmp_path, "user,item,rating\n1,2,5\n")
    movies = "item,title\n91,Ninety-One\n92,Ninety-Two\n"
    with pytest.raises(
        DataRejected, match=r"None of these movies is rated .* such as '91', there 2.*--new-movies"
    ):
        load(empty_database, tmp_path, movies, table="movies")
    assert load(empty_database, tmp_path, movies, table="movies", new_movies=True).written == 2
    assert load(empty_database, tmp_path, "item,title\n2,Two\n93,Other\n", table="movies").written == 2


def test_ratings_of_none_of_the_movies_are_refused_until_they_are_meant(
    empty_database: Database, tmp_path: Path
) -> None:
    load(empty_database, tmp_path, "item,title\n1,One\n2,Two\n", table="movies")
    with pytest.raises(DataRejected, match=r"None of the rated movies is in the database"):
        load(empty_database, tmp_path, "user,item,rating\n1,101,5\n")
    load(empty_database, tmp_path, "user,item,rating\n1,101,5\n1,2,5\n")
    load(empty_database, tmp_path, "user,item,rating\n1,777,5\n")  # later ratings may be of new movies


LETTERBOXD = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2024-05-01,The Matrix,1999,https://boxd.it/1,5\n"
    "2024-05-02,Lion King,1995,https://boxd.it/2,4.5\n"
    "2024-05-03,Parasite,2019,https://boxd.it/3,5\n"
    "2024-05-04,Movie 7,1957,https://boxd.it/4,\n"
)


def test_person_is_a_user_by_name_whose_movies_are_found_by_title(
    changed_small_database: Database,
    connected: Callable[..., Answer],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    (tmp_path / "ratings.csv").write_text(LETTERBOXD, encoding="utf-8")
    answer = connected("load", tmp_path / "ratings.csv", "--user", "me", "--format", "json")
    assert answer.exit_code == 0, answer.err
    result = json.loads(answer.out)
    assert (result["format"], result["read"], result["written"], result["skipped"]) == ("personal", 4, 2, 2)
    assert "1 movie is not in the database, and was skipped: Parasite (2019)." in caplog.text
    assert "ratings.csv: 1 row without a rating skipped." in answer.err
    assert answer.err.splitlines()[-1] == "4 read, 2 written, 0 unchanged, 0 rejected, 2 skipped"
    assert find_user(changed_small_database, "me") == -1, "no file of integer ids has it"
    assert [movie for user, movie in ratings_of(changed_small_database) if user == -1] == [1, 2]
    recommended = connected("recommend", "--user", "me", "-k", "3", "--format", "json")
    assert recommended.exit_code == 0, recommended.err
    assert not {1, 2} & {row["movieId"] for row in json.loads(recommended.out)}
    again = connected("load", tmp_path / "ratings.csv", "--user", "me")
    assert again.err.splitlines()[-1] == "4 read, 0 written, 2 unchanged, 0 rejected, 2 skipped"
    (tmp_path / "newer.csv").write_text("movieId,title\n1,The Matrix (1999)\n99,Parasite (2019)\n")
    assert connected("load", tmp_path / "newer.csv", "--table", "movies").exit_code == 0
    again = connected("load", tmp_path / "ratings.csv", "--user", "me")
    assert again.err.splitlines()[-1] == "4 read, 1 written, 2 unchanged, 0 rejected, 1 skipped"
    assert connected("load", tmp_path / "ratings.csv", "--user", "7").exit_code == 0
    assert {1, 2} <= {movie for user, movie in ratings_of(changed_small_database) if user == 7}


def test_published_integers_are_texts_where_these_are_there(empty_database: Database, tmp_path: Path) -> None:
    load(empty_database, tmp_path, "user,sku,rating\nann,B-1,5\n")
    load(empty_database, tmp_path, "1::10::5::978300760\n")
    assert ratings_of(empty_database) == [("1", "10"), ("ann", "B-1")]


def test_rejected_load_leaves_no_user_behind(changed_small_database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected):
        load(changed_small_database, tmp_path, "movieId,stars\n1,4\nx,4\n", user="me")
    assert changed_small_database.read_one(load_query("doctor/counts"))["users"] == 60


def test_person_needs_a_database_with_movies(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"no movies to look up one person's movies in.*movierec fetch"):
        load(empty_database, tmp_path, LETTERBOXD, user="me")
    with pytest.raises(BadRequest, match=r"--user is for one person's ratings"):
        load(empty_database, tmp_path, "1::2::5::9\n", user="me")


def test_matching_prefers_ids_and_forgives_a_year() -> None:
    movies = [
        {"movieId": 1, "title": "Shining, The (1980)", "year": 1980, "imdbId": "0081505", "tmdbId": 694},
        {"movieId": 2, "title": "Shining, The (1997)", "year": 1997, "imdbId": None, "tmdbId": None},
        {
            "movieId": 3,
            "title": "City of God (Cidade de Deus) (2002)",
            "year": 2002,
            "imdbId": "0317248",
            "tmdbId": 598,
        },
    ]
    matcher = MovieMatcher(movies)
    assert matcher.find("anything", imdb_id="tt0081505") == 1
    assert matcher.find("anything", tmdb_id="598") == 3
    assert matcher.find("The Shining", 1980) == 1
    assert matcher.find("The Shining", 1998) == 2, "the year of another country"
    assert matcher.find("The Shining") is None, "there are two"
    assert matcher.find("Cidade de Deus", 2002) == 3
    assert matcher.find("City of God", 2010) is None


def test_dry_run_says_what_was_understood(tmp_path: Path) -> None:
    rows = "visitor;sku;stars;when;shop\nann;B-1;4,5;2024-05-01;x\nbob;B-2;3;;x\n"
    (table,) = load(None, tmp_path, rows, timestamp_column="when").detected.values()
    assert [(column.name, column.column, column.reading) for column in table.columns] == [
        ("userId", "visitor", "texts"),
        ("movieId", "sku", "texts"),
        ("rating", "stars", "0.5 to 5"),
        ("timestamp", "when", "ISO 8601"),
    ]
    assert table.unused == ("shop",)
    assert (table.earliest, table.latest, table.without_time) == (
        "2024-05-01T00:00:00Z",
        "2024-05-01T00:00:00Z",
        1,
    )
    assert table.first_rows[0] == {"userId": "ann", "movieId": "B-1", "rating": 4.5, "timestamp": 1714521600}
    assert table.warnings == ("1 row without a time kept, as the oldest.",)


def test_times_of_1970_are_doubted(tmp_path: Path) -> None:
    (table,) = load(None, tmp_path, "user,item,rating,date\n1,2,5,45413\n").detected.values()
    assert "all times are before 1994, the newest is 1970-01-01T12:36:53Z" in table.warnings[0]
