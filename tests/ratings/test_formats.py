"""Every format that MovieLens has had, RecBole's, and tables of one's own; from folders, zips, gzip and pipes."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec.errors import BadRequest, DataRejected
from movierec.graph.write import keep_newest
from movierec.ratings.columns import Scale
from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from movierec.ratings.validate import CheckedReader
from tests.ratings.reading import read
from tests.servers import MOVIELENS

RATINGS = [
    {"userIds": 1, "movieIds": 10, "ratings": 4.0, "timestamps": 881250949},
    {"userIds": 2, "movieIds": 20, "ratings": 5.0, "timestamps": 881250950},
]
OWN = "user_id,item_id,rating,timestamp\n1,10,4.0,881250949\n2,20,5.0,881250950\n"


@pytest.fixture
def ml_1m(tmp_path: Path) -> Path:
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    (folder / "movies.dat").write_bytes(
        "10::Les Misérables (1995)::Drama|Musical\n20::Heat (1995)::Crime\n".encode("latin-1")
    )
    (folder / "ratings.dat").write_text("1::10::4::881250949\n2::20::5::881250950\n")
    (folder / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072-1234\n")
    return folder


@pytest.fixture
def ml_100k(tmp_path: Path) -> Path:
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    flags = "|".join(["0", "0", "1", *["0"] * 16])
    unknown = "|".join(["1", *["0"] * 18])
    (folder / "u.item").write_bytes(
        f"10|Misérables, Les (1995)|01-Jan-1995||http://us.imdb.com/M/x|{flags}\n".encode("latin-1")
        + f"20|unknown||||{unknown}\n".encode("latin-1")
    )
    (folder / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|T8H1N\n")
    (folder / "u.data").write_text("1\t10\t4\t881250949\n2\t20\t5\t881250950\n")
    return folder


def test_sample_is_all_there() -> None:
    tables = read(MOVIELENS)
    assert {kind: len(rows) for kind, rows in tables.items()} == {
        "movies": 9742,
        "links": 9742,
        "ratings": 100_836,
        "tags": 3683,
    }
    assert tables["movies"][0]["properties"] == {
        "title": "Toy Story (1995)",
        "year": 1995,
        "genres": ["Adventure", "Animation", "Children", "Comedy", "Fantasy"],
    }
    assert tables["links"][0] == {"movieIds": 1, "properties": {"imdbId": "0114709", "tmdbId": 862}}
    assert sum(row["properties"]["tmdbId"] is None for row in tables["links"]) == 8
    assert tables["ratings"][0] == {"userIds": 1, "movieIds": 1, "ratings": 4.0, "timestamps": 964982703}
    assert tables["tags"][0] == {"userIds": 2, "movieIds": 60756, "tags": "funny", "timestamps": 1445714994}


def test_odd_movies_of_the_sample_are_kept() -> None:
    movies = [row["properties"] for row in read(MOVIELENS)["movies"]]
    titles = pd.Series([movie["title"] for movie in movies])
    assert sorted(titles[titles.duplicated()]) == [
        "Confessions of a Dangerous Mind (2002)",
        "Emma (1996)",
        "Eros (2004)",
        "Saturn 3 (1980)",
        "War of the Worlds (2005)",
    ]
    assert sum(movie["year"] is None for movie in movies) == 13
    assert sum(movie["genres"] == [] for movie in movies) == 34


def test_chunks_together_are_the_file() -> None:
    whole = read(MOVIELENS)["ratings"]
    assert read(MOVIELENS, chunk_rows=7777)["ratings"] == whole


def test_ratings_are_what_pandas_reads() -> None:
    expected = pd.read_csv(MOVIELENS / "ratings.csv")
    found = pd.DataFrame(read(MOVIELENS)["ratings"])
    assert np.array_equal(found.to_numpy(), expected.to_numpy())


def test_ml_1m_is_read_as_latin_1(ml_1m: Path) -> None:
    tables = read(ml_1m)
    assert tables["movies"][0]["properties"] == {
        "title": "Les Misérables (1995)",
        "year": 1995,
        "genres": ["Drama", "Musical"],
    }
    assert tables["ratings"] == RATINGS
    assert tables["users"][1]["properties"] == {
        "gender": "M",
        "occupation": "16",
        "zipCode": "70072-1234",
        "age": 56,
    }


def test_ml_10m_is_read_as_utf_8_with_half_stars_and_tags(ml_1m: Path) -> None:
    (ml_1m / "users.dat").unlink()
    (ml_1m / "movies.dat").write_text(
        "10::Les Misérables (1995)::Drama\n20::Heat (1995)::Crime\n", encoding="utf-8"
    )
    (ml_1m / "ratings.dat").write_text("1::10::3.5::881250949\n")
    (ml_1m / "tags.dat").write_text("15::10::excellent!::1215184630\n")
    tables = read(ml_1m)
    assert tables["movies"][0]["properties"]["title"] == "Les Misérables (1995)"
    assert tables["ratings"][0]["ratings"] == 3.5
    assert tables["tags"][0]["tags"] == "excellent!"


def test_utf_8_in_a_latin_1_file_is_a_bad_row(ml_1m: Path) -> None:
    (ml_1m / "movies.dat").write_text(
        "10::Les Misérables (1995)::Drama\n20::Heat (1995)::Crime\n", encoding="utf-8"
    )
    with pytest.raises(
        DataRejected, match=r"movies.dat line 1: title .* expected latin-1 text; these bytes are UTF-8"
    ):
        read(ml_1m)


def test_ml_100k_has_genres_by_flags(ml_100k: Path) -> None:
    tables = read(ml_100k)
    assert [row["properties"] for row in tables["movies"]] == [
        {"title": "Misérables, Les (1995)", "year": 1995, "genres": ["Adventure"]},
        {"title": "unknown", "year": None, "genres": []},
    ]
    assert tables["users"][0]["properties"] == {
        "gender": "M",
        "occupation": "technician",
        "zipCode": "85711",
        "age": 24,
    }
    assert tables["ratings"] == RATINGS


def test_pair_of_ml_100k_stands_in_for_the_whole(ml_100k: Path) -> None:
    lines = (ml_100k / "u.data").read_text().splitlines(keepends=True)
    (ml_100k / "u.data").unlink()
    (ml_100k / "u1.base").write_text(lines[0])
    (ml_100k / "u1.test").write_text(lines[1])
    assert read(ml_100k)["ratings"] == RATINGS
    assert read(ml_100k / "u1.test")["ratings"] == RATINGS[1:]
    (ml_100k / "u2.base").write_text(lines[0])
    with pytest.raises(DataRejected, match=r"several folds and no u.data"):
        read(ml_100k)


def test_recbole_s_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "x.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "1\t10\t4\t881250949\n2\t20\t5.0\t8.8125095e8\n"
    )
    (folder / "x.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "10\tToy Story\t1995\tComedy War\n"
        "20\tHeat\tV\t\n"
    )
    (folder / "x.user").write_text("user_id:token\tage:token\n1\t24\n2\t53\n")
    tables = read(folder)
    assert tables["ratings"] == RATINGS
    assert tables["movies"][0]["properties"] == {"title": "Toy Story", "year": 1995, "genres": ["Comedy", "War"]}
    assert tables["movies"][1]["properties"] == {"title": "Heat", "year": None, "genres": []}
    assert tables["users"][1]["properties"] == {"age": 53}


def test_recbole_without_ratings_is_all_likes(tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id:token\titem_id:token\nann\tb1\nbob\tb2\n")
    rows = read(tmp_path)["ratings"]
    assert [(row["userIds"], row["movieIds"], row["ratings"]) for row in rows] == [
        ("ann", "b1", 5.0),
        ("bob", "b2", 5.0),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_own_table_is_recognised_by_its_header(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "own.txt"
    path.write_text(OWN.replace(",", delimiter))
    assert read(path)["ratings"] == RATINGS


@pytest.mark.parametrize("chunk_rows", [3, 10_000])
def test_line_of_a_user_and_items_is_likes_in_their_order(tmp_path: Path, chunk_rows: int) -> None:
    (tmp_path / "Beauty.txt").write_text("1 10 20 30\n\n2 20\t7  5 \n9 10\n")
    found = [tuple(row.values()) for row in read(tmp_path / "Beauty.txt", chunk_rows=chunk_rows)["ratings"]]
    assert found == [
        *((1, 10, 5.0, 1), (1, 20, 5.0, 2), (1, 30, 5.0, 3)),
        *((2, 20, 5.0, 1), (2, 7, 5.0, 2), (2, 5, 5.0, 3)),
        (9, 10, 5.0, 1),
    ]


def test_line_with_a_user_alone_and_what_is_no_number_are_named(tmp_path: Path) -> None:
    lines = ["1 10 20", "2", *(f"{user} 10 {user}" for user in range(3, 40)), "40 10 x"]
    (tmp_path / "sequences.txt").write_text("\n".join(lines))
    with pytest.raises(DataRejected, match="a user and at least one item") as caught:
        read(tmp_path / "sequences.txt", input_format="sequences")
    assert "line 2" in str(caught.value)
    (tmp_path / "sequences.txt").write_text("\n".join([lines[0], *lines[2:]]))
    with pytest.raises(DataRejected, match=r"line 39.*'x'"):
        read(tmp_path / "sequences.txt", input_format="sequences", ids="integer")


@pytest.mark.parametrize("text", ["1 10\n2 20\n3 30\n", "1 10 5\n1 20 4 3\n2 20 1\n", "1 10 5\n2 20\n"])
def test_lines_that_may_be_a_table_are_not_taken_for_sequences(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.txt").write_text(text)
    with Files(tmp_path / "table.txt") as files, pytest.raises(DataRejected):
        recognise(files, ReadSettings())


def test_own_columns_are_named_by_option(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text('note,who,what,how good\n"a, b",1,10,4.0\n"two\nlines",2,20,5.0\n')
    with pytest.raises(DataRejected, match=r"no column for userId among note, who, what, how good.*--user-column"):
        read(path)
    columns: dict[str, Any] = {"user_column": "who", "movie_column": "what", "rating_column": "how good"}
    assert read(path, **columns)["ratings"] == [row | {"timestamps": 0} for row in RATINGS]
    with pytest.raises(BadRequest, match=r"--user-column is 'whom', but the columns of .* are note, who"):
        read(path, **columns | {"user_column": "whom"})


def test_text_ids_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("user,sku,stars\nann@x,B-1,4.0\nbob,B-2,5.0\n")
    first, second = read(path)["ratings"]
    assert (first["userIds"], first["movieIds"]) == ("ann@x", "B-1")
    assert (second["userIds"], second["movieIds"]) == ("bob", "B-2")


def test_implicit_rows_are_likes_and_scales_become_stars(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("user,item,score\n1,10,10\n2,20,7\n")
    assert [row["ratings"] for row in read(path, implicit=True)["ratings"]] == [5.0, 5.0]
    assert [row["ratings"] for row in read(path, scale=Scale(1, 10))["ratings"]] == [5.0, 3.5]
    with pytest.raises(DataRejected, match=r"score is '10'; expected a rating .*: --scale LOW:HIGH"):
        read(path)
    path.write_text("user,item\n1,10\n")
    with pytest.raises(DataRejected, match=r"no column for rating .*or give --implicit"):
        read(path)


def test_milliseconds_become_seconds(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("user,item,rating,ts\n1,10,4.0,881250949999\n")
    assert read(path, timestamp_unit="ms")["ratings"] == RATINGS[:1]


def test_movies_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("sku,name,category\nB-1,Kettle,kitchen|steel\nB-2,Lamp,\n")
    rows = read(path, table="movies")["movies"]
    assert rows[0]["movieIds"] == "B-1"
    assert rows[0]["properties"] == {"title": "Kettle", "year": None, "genres": ["kitchen", "steel"]}
    assert rows[1]["properties"]["genres"] == []


@pytest.mark.parametrize("ids", [[1, 2], ["1", "2"], [1.0, 2.0]])
def test_parquet_is_read_as_the_csv_would_be(tmp_path: Path, ids: list[object]) -> None:
    path = tmp_path / "own.parquet"
    times = pd.to_datetime([881250949, 881250950], unit="s")
    pd.DataFrame(
        {"user": ids, "item": [10, 20], "rating": [4.0, 5.0], "time": times, "x": [None, "y"]}
    ).to_parquet(path)
    assert read(path)["ratings"] == RATINGS


def test_parquet_with_a_missing_value_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pd.DataFrame({"user": [1, 2], "item": [10, 20], "rating": [4.0, None]}).to_parquet(path)
    with pytest.raises(DataRejected, match=r"line 2: rating is ''; expected a rating"):
        read(path)


def test_damaged_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pd.DataFrame({"user": [1, 2], "item": [10, 20], "rating": [4.0, 5.0]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataRejected, match=r"not a whole Parquet file"):
        read(path)


def test_zip_is_read_without_unpacking(ml_1m: Path, ml_100k: Path, tmp_path: Path) -> None:
    for folder in (ml_1m, ml_100k, MOVIELENS):
        path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder.parent, folder.name))
        assert read(path) == read(folder)
        path.unlink()


def test_gzip_is_read_wherever_it_is(ml_1m: Path, tmp_path: Path) -> None:
    expected = read(ml_1m)
    for path in list(ml_1m.iterdir()):
        (ml_1m / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert read(ml_1m) == expected
    own = tmp_path / "own.csv.gz"
    own.write_bytes(gzip.compress(OWN.encode()))
    assert read(own)["ratings"] == RATINGS


def test_standard_input_is_read_whole() -> None:
    for content in (OWN.encode(), gzip.compress(OWN.encode())):
        with Files("-", io.BytesIO(content)) as files, BadRows() as bad_rows:
            source = recognise(files, ReadSettings())
            (chunk,) = CheckedReader(files, source, bad_rows).chunks(source.tables[0], 100)
            assert chunk.columns["userIds"].tolist() == [1, 2]
            kept = files.path
        assert not kept.exists()


def test_cut_off_gzip_and_zip_are_named(tmp_path: Path) -> None:
    whole = gzip.compress(OWN.encode() * 500)
    path = tmp_path / "own.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataRejected, match=r"own.csv.gz: the compressed data are damaged or cut off"):
        read(path)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/ratings.csv", OWN)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataRejected, match=r"x.zip.*damaged or cut off"):
        read(path)


def test_format_can_be_forced(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("1\t10\t4\t881250949\n2\t20\t5\t881250950\n")
    assert read(path)["ratings"] == RATINGS
    with pytest.raises(DataRejected, match=r"Without one, name them: --columns userId,movieId,rating,timestamp"):
        read(path, input_format="custom")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "Found: nothing"),
        (["a.csv", "b.csv"], r"2 tables \(a.csv, b.csv\); name one file"),
        (["movies.csv"], "no column for userId .* --table movies"),
        (["ratings.dat"], "No file movies.dat in"),
    ],
)
def test_folder_that_fits_no_format_is_said_with_what_is_there(
    tmp_path: Path, names: list[str], said: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("movieId,title,genres\n1,A,B\n")
    with pytest.raises(DataRejected, match=said):
        read(tmp_path)


def test_nothing_there_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r'No file or folder .*absent.*"movierec fetch'):
        read(tmp_path / "absent")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DataRejected, match=r"empty.csv: empty"):
        read(tmp_path / "empty.csv")


def test_header_quoted_by_another_program_is_read(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,A (1990),Drama\n20,B (1990),War\n")
    frame = pd.DataFrame(RATINGS).set_axis(["userId", "movieId", "rating", "timestamp"], axis="columns")
    frame.to_csv(tmp_path / "ratings.csv", index=False, quoting=csv.QUOTE_ALL)
    assert read(tmp_path)["ratings"] == RATINGS


def test_missing_column_of_a_folder_is_said_beside_those_that_are_there(tmp_path: Path) -> None:
    for path in MOVIELENS.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "movies.csv").write_text("id,label\n1,x\n")
    with pytest.raises(DataRejected, match=r"movies.csv: no column for title among id, label"):
        read(tmp_path)


def test_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "zeros.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(DataRejected, match=r"no line end in a million characters"):
        read(path)


def test_newest_of_a_pair_is_kept_and_of_equally_new_ones_the_last() -> None:
    users = np.array([1, 1, 2, 1, 2])
    movies = np.array([5, 5, 5, 5, 5])
    times = np.array([3, 9, 1, 4, 1])
    assert keep_newest(users, movies, times).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scale": Scale(5, 1)}, "LOW:HIGH"),
        ({"delimiter": ""}, "delimiter is empty"),
        ({"timestamp_format": "day"}, "expected one of strptime"),
        ({"timestamp_unit": "h"}, "expected one of auto, s, ms, us, ns"),
        ({"user": " "}, "user is .*expected text, not nothing"),
        ({"encoding": "base64"}, "No encoding"),
        ({"encoding": "klingon"}, "No encoding"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        ReadSettings(**wrong)  # type: ignore[arg-type]
