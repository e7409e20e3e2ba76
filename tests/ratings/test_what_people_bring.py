"""Files as people have them: each is read as its owner means it, or refused with the option or edit that helps."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec.errors import MovieRecError
from movierec.ratings.columns import Scale
from movierec.ratings.genres import genre_names
from tests.ratings.reading import read

NOON = 1714564800  # 2024-05-01 12:00 UTC
DAY = 1714521600  # the midnight before it
Row = tuple[Any, Any, float, int]  # userId, movieId, stars, time


@dataclass(frozen=True)
class Case:
    """A file, options, and its rows, or what its refusal has to say."""

    content: str | bytes
    rows: tuple[Row, ...] = ()
    refused: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    name: str = "own.csv"


def packed(member: str, content: str, kind: str) -> bytes:
    """A zip or tar with one file, and what macOS puts beside it."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(member, content)
            archive.writestr(f"__MACOSX/._{member}", b"\x00\x05\x16\x07\x00\x02")
            archive.writestr(".DS_Store", b"\x00\x00\x00\x01Bud1")
    else:
        with tarfile.open(fileobj=buffer, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
            info = tarfile.TarInfo(member)
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


PLAIN = "userId,movieId,rating\n1,2,4.5\n"
ONE: tuple[Row, ...] = ((1, 2, 4.5, 0),)

CASES = {
    # Ids
    "one column of texts, the other of integers": Case(
        "userId,movieId,rating\nann,1,5\nbob,1,4\n", (("ann", 1, 5, 0), ("bob", 1, 4, 0))
    ),
    "whole floats are integers": Case(
        "userId,movieId,rating\n1.0,10.0,5\n2,10,4\n", ((1, 10, 5, 0), (2, 10, 4, 0))
    ),
    "zeros in front make texts": Case(
        "userId,movieId,rating\n007,1,5\n7,1,4\n", (("007", 1, 5, 0), ("7", 1, 4, 0))
    ),
    "zeros in front may be integers when asked": Case(
        "userId,movieId,rating\n1,0012,5\n", ((1, 12, 5, 0),), options={"ids": "integer"}
    ),
    "texts that begin after hundreds of integers": Case(
        "userId,movieId,rating\n"
        + "".join(f"{user},{user % 7},4\n" for user in range(1, 301))
        + "".join(f"{user},1,5\n" for user in ("ann", "bob", "cyd", "dan")),
        (
            *((str(user), user % 7, 4.0, 0) for user in range(1, 301)),
            *((user, 1, 5.0, 0) for user in ("ann", "bob", "cyd", "dan")),
        ),
    ),
    "one text among integers names --ids text": Case(
        "userId,movieId,rating\n" + "".join(f"{i},1,4\n" for i in range(1, 301)) + "oops,1,4\n",
        refused=r"line 302: userId is 'oops'; expected a whole number \(ids that are texts: --ids text\)",
    ),
    "UUIDs": Case("user,item,rating\n0b8a-4c,1e5f-22,4\n", (("0b8a-4c", "1e5f-22", 4, 0),)),
    "ISBNs, some with an X": Case(
        'User-ID;ISBN;Book-Rating\n276725;"034545104X";4\n276726;"0155061224";5\n',
        ((276725, "034545104X", 4, 0), (276726, "0155061224", 5, 0)),
    ),
    "numbers beyond 63 bits": Case(
        "user,item,rating\n18446744073709551615,1,4\n18446744073709551614,1,5\n",
        (("18446744073709551615", 1, 4, 0), ("18446744073709551614", 1, 5, 0)),
    ),
    "hashes below zero": Case(
        "user,item,rating\n-5512345,1,4\n-77,1,5\n", (("-5512345", 1, 4, 0), ("-77", 1, 5, 0))
    ),
    "blanks around ids": Case("user,item,rating\n 1 , 2 , 4.5 \n", ONE),
    "an id that is missing is a bad row": Case(
        "user,item,rating\n1,2,4\nnan,2,4\n", refused=r"line 3: user is 'nan'; expected a whole number"
    ),
    "null is no id, and not one user of many rows": Case(
        "user,item,rating\nann,1,4\nNULL,2,4\nbob,3,4\n",
        refused=r"line 3: user is 'NULL'; expected an id, not nothing",
    ),
    "null is an id when it is said": Case(
        "user,item,rating\nann,1,4\nNULL,2,4\n", (("ann", "1", 4, 0), ("NULL", "2", 4, 0)), options={"ids": "text"}
    ),
    "a number that a spreadsheet has cut": Case(
        "user,isbn,rating\n1,9.78044E+12,5\n2,9.78044E+12,4\n3,9.78014E+12,4\n",
        refused=r"line 2: isbn is '9.78044E\+12'; expected an id with all its digits, not scientific notation",
    ),
    "a hundred thousand as R writes it": Case(
        "user,item,rating\n99999,1,4\n1e+05,1,4\n100001,1,4\n",
        ((99999, 1, 4, 0), (100000, 1, 4, 0), (100001, 1, 4, 0)),
    ),
    "texts as Excel keeps them": Case('user,item,rating\n1,"=""00123""",4\n', ((1, "00123", 4, 0),)),
    "whole floats among texts": Case(
        "user,item,rating\n1,10.0,4\n1,B-1,4\n1,C-1,4\n1,D-1,4\n",
        ((1, "10", 4, 0), (1, "B-1", 4, 0), (1, "C-1", 4, 0), (1, "D-1", 4, 0)),
    ),
    "zeros in front in a table that looks like 100K": Case(
        "001\t002\t3\t1714564800\n", refused=r"expected a header .*--columns userId,movieId,rating,timestamp"
    ),
    "a list is no id": Case('{"user": 1, "item": [1, 2], "rating": 4}\n', refused=r"expected one id, not a list"),
    "the id, not the name": Case("customer,account_id,product,sku,stars\nAnn,7,Tea,T-1,4\n", ((7, "T-1", 4, 0),)),
    "one's own rating, not the mean": Case("user,item,rating,user_rating\n1,2,3.7,4.5\n", ONE),
    # Silent loss
    "a quotation mark within a text of a TSV": Case(
        'customer_id\tproduct_id\tstar_rating\treview\n1\tB1\t5\t"Great\n2\tB2\t1\tbad\n3\tB3\t4\tgood"\n',
        ((1, "B1", 5, 0), (2, "B2", 1, 0), (3, "B3", 4, 0)),
    ),
    "quotes of R between blanks": Case(
        '"userId" "movieId" "rating"\n"1" "u1" "m1" 5\n"2" "u2" "m2" 4\n', (("u1", "m1", 5, 0), ("u2", "m2", 4, 0))
    ),
    "quotes behind blanks": Case('user, item, rating\n"ann", "B-1", 4\n', (("ann", "B-1", 4, 0),)),
    "a delimiter at the end of each row": Case(
        "user,item,rating\n1,2,4.5,\n1,3,4,\n", ((1, 2, 4.5, 0), (1, 3, 4, 0))
    ),
    "ids that begin as comments do": Case(
        "#1,m1,5\n#2,m2,4\n",
        (("#1", "m1", 5, 0), ("#2", "m2", 4, 0)),
        options={"columns": ("user", "item", "rating")},
    ),
    "a header that is a comment, before texts": Case("# user,item,rating\nann,B-1,4\n", (("ann", "B-1", 4, 0),)),
    "a time that is none of the rating": Case(
        "user,item,rating,watch_time,movie_release_date,birthDate\n1,2,4.5,93,1995-01-01,1970-01-01\n", ONE
    ),
    "a key that comes late in JSON lines": Case(
        '{"user": 1, "item": 2, "rating": 4.5}\n' * 300
        + '{"user": 1, "item": 3, "rating": 4, "timestamp": 1714564800}\n',
        (*ONE * 300, (1, 3, 4, NOON)),
    ),
    "one word among numbers is a bad row": Case(
        "user,item,rating\n1,1,4\n1,2,5\n1,3,n\n", refused=r"line 4: rating is 'n'; expected a rating"
    ),
    "a click is not one star": Case(
        "user,item,rating\n1,2,1\n1,3,1\n",
        refused=r'every rating in the column "rating" is 1.*--implicit.*--scale 0.5:5',
    ),
    "Rating and rating": Case(
        "user,item,Rating,rating\n1,2,1,5\n",
        refused=r'columns "Rating" and "rating" may both be rating. Name one with',
    ),
    "a column that is named wins": Case(
        "user,item,Rating,rating\n1,2,4.5,5\n", ONE, options={"rating_column": "Rating"}
    ),
    "RecBole's label is no star": Case(
        "user_id:token\titem_id:token\tlabel:float\n1\t2\t1\n1\t3\t0\n",
        ((1, 2, 5, 0), (1, 3, 0, 0)),
        name="x.inter",
    ),
    "true and false": Case("user,item,score\n1,2,True\n1,3,False\n", ((1, 2, 5, 0), (1, 3, 0, 0))),
    "zero and one": Case("user,item,score\n1,2,1\n1,3,0\n", ((1, 2, 5, 0), (1, 3, 0, 0))),
    # Refusals
    "no header": Case("1,2,4.5\n", refused=r"1, 2, 4.5; expected a header .*--columns userId,movieId,rating"),
    "no header, named": Case("1,2,4.5\n", ONE, options={"columns": ("userId", "movieId", "rating")}),
    "no header, other names": Case("x,2,4.5,1\n", ONE, options={"columns": ("", "item", "stars", "member")}),
    "columns of another number": Case(
        "1,2,4.5\n", refused=r"--columns names 2 columns, but .* line 1 has 3", options={"columns": ("a", "b")}
    ),
    "dates": Case("user,item,rating,date\n1,2,4.5,2024-05-01\n", ((1, 2, 4.5, DAY),)),
    "dates with slashes": Case("user,item,rating,date\n1,2,4.5,2024/05/01\n", ((1, 2, 4.5, DAY),)),
    "dates without dashes": Case("user,item,rating,date\n1,2,4.5,20240501\n", ((1, 2, 4.5, DAY),)),
    "ISO 8601 with a zone": Case("user,item,rating,ts\n1,2,4.5,2024-05-01T14:00:00+02:00\n", ((1, 2, 4.5, NOON),)),
    "a day that databases use for never": Case(
        "user,item,rating,date\n1,2,4.5,2024-05-01\n1,3,4,9999-12-31\n",
        refused=r"line 3: date is '9999-12-31'; expected",
    ),
    "today is no time of a file": Case(
        "user,item,rating,date\n1,2,4.5,2024-05-01\n1,3,4,today\n",
        refused=r"line 3: date is 'today'; expected a time",
    ),
    "days as pandas' floats": Case(
        "user,item,rating,date\n1,2,4.5,20240501.0\n1,3,4,0\n", ((1, 2, 4.5, DAY), (1, 3, 4, 0))
    ),
    "fractions of seconds": Case("user,item,rating,ts\n1,2,4.5,1714564800.75\n", ((1, 2, 4.5, NOON),)),
    "blanks behind commas": Case("user, item, rating, ts\n1, 2, 4.5, 1714564800\n", ((1, 2, 4.5, NOON),)),
    "milliseconds": Case("user,item,rating,ts\n1,2,4.5,1714564800123\n", ((1, 2, 4.5, NOON),)),
    "nanoseconds": Case("user,item,rating,ts\n1,2,4.5,1714564800123456789\n", ((1, 2, 4.5, NOON),)),
    "days of other countries": Case(
        "user,item,rating,date\n1,2,4.5,01/05/2024\n",
        refused=r"expected a time as in ISO 8601.*--timestamp-format",
    ),
    "days of other countries, named": Case(
        "user,item,rating,date\n1,2,4.5,01/05/2024\n",
        ((1, 2, 4.5, DAY),),
        options={"timestamp_format": "%d/%m/%Y"},
    ),
    "some times missing": Case(
        "user,item,rating,date\n1,2,4.5,2024-05-01\n1,3,4,\n1,4,3,NaN\n",
        ((1, 2, 4.5, DAY), (1, 3, 4, 0), (1, 4, 3, 0)),
    ),
    "times left out": Case("user,item,rating,date\n1,2,4.5,Tuesday\n", ONE, options={"timestamp_column": ""}),
    "negative scale": Case(
        "user,item,rating\n1,2,-10\n1,3,10\n", ((1, 2, 0, 0), (1, 3, 5, 0)), options={"scale": Scale(-10, 10)}
    ),
    "another scale is named": Case(
        "user,item,rating\n" + "".join(f"1,{i},{i}\n" for i in range(1, 101)),
        refused=r"from 1 to 100; expected 0.5 to 5. Name the scale, such as --scale 1:100",
    ),
    "thumbs up and down": Case(
        "user,item,rating\n" + "1,2,1\n1,3,-1\n" * 10, refused=r"go from -1 to 1; .* --scale -1:1;"
    ),
    "a scale whose 0 means nothing": Case(
        "user,item,rating\n" + "1,2,0\n1,3,10\n" * 10,
        refused=r"--scale 0:10 \(or, if 0 means not rated, --scale 1:10",
    ),
    "blank lines first": Case("\n\n\n" + PLAIN, ONE),
    "a tab as one types it": Case("user\titem\trating\n1\t2\t4.5\n", ONE, options={"delimiter": r"\t"}),
    "a field beyond a hundred thousand characters": Case(
        "user,item,rating,review\n1,2,4.5," + "x" * 140_000 + "\n", ONE
    ),
    "decimal commas": Case("user;item;rating\n1;2;4,5\n", ONE),
    "Excel's line sep=": Case('sep=;\nuser;item;rating\n1;2;"4,5"\n', ONE),
    "comments before the table": Case("# exported\n# by me\n" + PLAIN, ONE),
    "a header that is a comment": Case("# user item rating\n1 2 4.5\n", ONE),
    "blanks between columns": Case("user item  rating\n1 2   4.5\n", ONE),
    "R's names of rows": Case('"user","item","rating"\n"1",1,2,4.5\n"2",1,3,4\n', ((1, 2, 4.5, 0), (1, 3, 4, 0))),
    "pandas' index": Case(",userId,movieId,rating\n0,1,2,4.5\n", ONE),
    "two colons and a header": Case("user::item::rating\n1::2::4.5\n", ONE),
    "UTF-16": Case(PLAIN.encode("utf-16"), ONE),
    "UTF-16 without a mark": Case(PLAIN.encode("utf-16-le"), refused=r"NUL bytes .*--encoding utf-16-le"),
    "UTF-16 without a mark, named": Case(PLAIN.encode("utf-16-le"), ONE, options={"encoding": "utf-16-le"}),
    "a zip from a Mac": Case(packed("own.csv", PLAIN, "zip"), ONE, name="own.zip"),
    "tar.gz": Case(packed("own.csv", PLAIN, "gz"), ONE, name="own.tar.gz"),
    "tar.xz": Case(packed("own.csv", PLAIN, "xz"), ONE, name="own.tar.xz"),
    "bz2": Case(bz2.compress(PLAIN.encode()), ONE, name="own.csv.bz2"),
    "xz": Case(lzma.compress(PLAIN.encode()), ONE, name="own.csv.xz"),
    "JSON lines": Case(
        '{"reviewerID": "A1", "asin": "B00X", "overall": 4.5, "unixReviewTime": 1714564800}\n',
        (("A1", "B00X", 4.5, NOON),),
        name="reviews.json",
    ),
    "an array of JSON": Case(json.dumps([{"user": 1, "item": 2, "rating": 4.5}]), ONE, name="r.json"),
    "an array of JSON behind blank lines": Case(
        "\n [" + '{"user": 1, "item": 2, "rating": 4.5}]', ONE, name="r.json"
    ),
    "half a pair in JSON": Case(
        '{"user": "\\ud83d", "item": "1", "rating": 4}\n',
        refused=r"line 1: user is '.*xed.*'; expected utf-8 text",
    ),
    "a column that begins as ORC does": Case(
        "orcid,item,rating\n0000-1,2,4.5\n", (("0000-1", 2, 4.5, 0),), options={"user_column": "orcid"}
    ),
    "JSON that is none": Case(
        '{"user": 1, "item": 2, "rating": 4}\n{oops\n', refused=r"line 2: row is ''; expected JSON"
    ),
    "the Netflix Prize": Case(
        "7:\n12,4,2024-05-01\n13,5,2024-05-01\n8:\n12,1,2024-05-01\n",
        ((12, 7, 4, DAY), (13, 7, 5, DAY), (12, 8, 1, DAY)),
        name="combined_data_1.txt",
    ),
    "an Excel workbook": Case(
        packed("xl/workbook.xml", "<x/>", "zip"), refused=r"is an Excel workbook. Save the sheet as CSV"
    ),
    "an SQLite database": Case(
        b"SQLite format 3\x00", refused=r"is an SQLite database, not a table. Export the table"
    ),
    "a web page": Case(
        "<!DOCTYPE html><html><body>404</body></html>", refused=r"is a web page, not a table. Download"
    ),
    "a 7z archive": Case(b"7z\xbc\xaf\x27\x1c", refused=r"is a 7z archive, not a table. Unpack it"),
    "a table of movies": Case(
        "movieId,title\n1,Heat\n", refused=r"If it is a table of movies, give --table movies"
    ),
    "a person's export without a person": Case(
        "Const,Your Rating,Date Rated,Title,Year\ntt0113277,9,2024-05-01,Heat,1995\n",
        refused=r"ratings of one person \(imdb\). Say whose, such as with --user me",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_file(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / case.name
    path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
    if case.refused:
        with pytest.raises(MovieRecError, match=case.refused) as error:
            read(path, **case.options)
        assert "\n" not in str(error.value)
        return
    found = read(path, **case.options)["ratings"]
    assert [tuple(row.values()) for row in found] == list(case.rows)


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("1979", 1979), ("1979.0", 1979), ("1979-05-25", 1979), ("(1979)", 1979), ("25 May 1979", 1979),
        ("1979-1983", 1979), ("1979–", 1979), ("", None), ("unknown", None), ("19790", None),
    ],
)  # fmt: skip
def test_year_as_others_write_it(written: str, year: int | None, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"movieId,title,year\n1,Alien,{written}\n", encoding="utf-8")
    assert read(path, table="movies")["movies"][0]["properties"]["year"] == year


@pytest.mark.parametrize(
    "written",
    [
        "Horror|Sci-Fi", '"Horror, Sci-Fi"', "Horror;Sci-Fi", "Horror / Sci-Fi", "\"['Horror', 'Sci-Fi']\"",
        '"[""Horror"", ""Sci-Fi""]"', "\"[{'id': 27, 'name': 'Horror'}, {'id': 878, 'name': 'Sci-Fi'}]\"",
    ],
)  # fmt: skip
def test_genres_as_others_write_them(written: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"movieId,title,genres\n1,Alien,{written}\n2,Heat,\n")
    genres = [row["properties"]["genres"] for row in read(path, table="movies")["movies"]]
    assert genres == [["Horror", "Sci-Fi"], []]


def test_parquet_of_lists_bytes_and_times(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1], "title": [b"Alien"], "genres": [["Horror", "Sci-Fi"]]}).to_parquet(
        tmp_path / "m.parquet"
    )
    (movie,) = read(tmp_path / "m.parquet", table="movies")["movies"]
    assert movie["properties"] == {"title": "Alien", "year": None, "genres": ["Horror", "Sci-Fi"]}
    moment = pd.Timestamp("2024-05-01T12:00:00.5", tz="Europe/Berlin")
    frame = pd.DataFrame({"user": [b"ann", b"bob"], "item": [1.0, 2.0], "rating": [4, 5], "at": [moment, pd.NaT]})
    frame.to_parquet(tmp_path / "r.parquet")
    rows = read(tmp_path / "r.parquet", timestamp_column="at")["ratings"]
    assert [tuple(row.values()) for row in rows] == [("ann", 1, 4, NOON - 7200), ("bob", 2, 5, 0)]


def test_folders_of_spark_and_hive(tmp_path: Path) -> None:
    spark = tmp_path / "spark"
    spark.mkdir()
    frame = pd.DataFrame({"user": [1, 2, 3], "item": [2, 3, 4], "rating": [4.5, 4.0, 3.0]})
    for part in range(3):
        frame[part : part + 1].to_parquet(spark / f"part-0000{part}-7d3a-c000.snappy.parquet")
    (spark / "_SUCCESS").touch()
    (spark / ".part-00000.crc").write_bytes(b"crc\x00")
    assert [row["userIds"] for row in read(spark)["ratings"]] == [1, 2, 3]
    hive = tmp_path / "hive"
    frame.to_parquet(hive, partition_cols=["rating"])
    assert {tuple(row.values()) for row in read(hive)["ratings"]} == {
        (1, 2, 4.5, 0),
        (2, 3, 4.0, 0),
        (3, 4, 3.0, 0),
    }
    text = tmp_path / "text"
    text.mkdir()
    for part in range(2):
        frame[part : part + 1].to_csv(text / f"part-0000{part}.csv", index=False)
    assert [row["userIds"] for row in read(text)["ratings"]] == [1, 2]
    (text / "train.csv").write_text("user,item,rating\n9,9,5\n")
    with pytest.raises(MovieRecError, match=r"3 tables \(.*\); name one file"):
        read(text)
    (spark / "_delta_log").mkdir()
    (spark / "_delta_log" / "00000.json").write_text("{}")
    with pytest.raises(MovieRecError, match=r"is a Delta Lake table"):
        read(spark)


def test_part_without_a_column_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user": [1], "item": [2], "rating": [4.5]})
    frame.to_parquet(tmp_path / "part-0.parquet")
    frame.drop(columns="rating").to_parquet(tmp_path / "part-1.parquet")
    with pytest.raises(MovieRecError, match=r"part-1.parquet: no column rating"):
        read(tmp_path)


def test_two_data_sets_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ratings.csv").write_text(PLAIN)
        (tmp_path / name / "movies.csv").write_text("movieId,title\n2,Heat\n")
    with pytest.raises(MovieRecError, match=r"several files movies.csv \(a/movies.csv, b/movies.csv\)"):
        read(tmp_path)
    assert len(read(tmp_path / "a")["ratings"]) == 1


def test_titles_that_are_quoted_only_further_on(tmp_path: Path) -> None:
    lines = [f"{i},Movie {i}" for i in range(1, 301)]
    (tmp_path / "m.csv").write_text("\n".join(["movieId,title", *lines, '301,"Matrix, The"']) + "\n")
    assert read(tmp_path / "m.csv", table="movies")["movies"][-1]["properties"]["title"] == "Matrix, The"


def test_large_array_of_json_on_one_line(tmp_path: Path) -> None:
    entry = {"user": 1, "item": 2, "rating": 4.5, "note": "x" * 1000}
    (tmp_path / "r.json").write_text(json.dumps([entry] * 2000))
    assert len(read(tmp_path / "r.json")["ratings"]) == 2000


def test_most_values_decide_the_delimiter_of_genres(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        'movieId,title,genres\n1,A,"Action, Comedy"\n2,B,"War, Drama"\n3,C,Sci-Fi; Space\n'
    )
    genres = [row["properties"]["genres"] for row in read(tmp_path / "m.csv", table="movies")["movies"]]
    assert genres == [["Action", "Comedy"], ["War", "Drama"], ["Sci-Fi; Space"]]


@pytest.mark.parametrize("written", ["nan", "None", "\\N", "(no genres listed)", ""])
def test_nothing_is_no_genre(written: str) -> None:
    assert genre_names(written, "|") == []


@pytest.mark.parametrize(
    "written",
    [
        "{Horror,Sci-Fi}",
        "[Horror, Sci-Fi]",
        "['Horror' 'Sci-Fi']",
        "['Horror'\n 'Sci-Fi']",
        "{'Horror', 'Sci-Fi'}",
    ],
)
def test_arrays_and_sets_as_python_shows_them(written: str) -> None:
    assert genre_names(written, "|") == ["Horror", "Sci-Fi"]


def test_movielens_folder_with_other_columns_and_names(tmp_path: Path) -> None:
    (tmp_path / "Movies.CSV").write_text("title,movieId,studio\nHeat (1995),2,Warner\n")
    (tmp_path / "RATINGS.csv").write_text("rating,userId,note,movieId\n4.5,1,fine,2\n")
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n2,tt0113277,949.0\n")
    tables = read(tmp_path)
    assert [tuple(row.values()) for row in tables["ratings"]] == [(1, 2, 4.5, 0)]
    assert tables["movies"][0]["properties"] == {"title": "Heat (1995)", "year": 1995, "genres": []}
    assert tables["links"][0]["properties"] == {"imdbId": "0113277", "tmdbId": 949}


EXPORTS = {
    "imdb": (
        "ratings.csv",
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year\n"
        "tt0113277,9,2024-05-01,Heat,Heat,https://www.imdb.com/title/tt0113277/,Movie,8.3,1995\n",
        ("Heat", "tt0113277", "", 1995, 4.5, DAY),
    ),
    "letterboxd": (
        "ratings.csv",
        "Date,Name,Year,Letterboxd URI,Rating\n2024-05-01,Heat,1995,https://boxd.it/29iC,4.5\n"
        "2024-05-01,Up,2009,https://boxd.it/1,\n",
        ("Heat", "", "", 1995, 4.5, DAY),
    ),
    "goodreads": (
        "goodreads_library_export.csv",
        "Book Id,Title,Author,My Rating,Year Published,Date Read,Date Added\n"
        "1,Dune,Frank Herbert,4,1965,2024/05/01,2024/04/01\n2,Emma,Jane Austen,0,1815,,2024/04/01\n",
        ("Dune", "", "", 1965, 4.0, DAY),
    ),
    "trakt": (
        "ratings-movies.json",
        json.dumps([{"rated_at": "2024-05-01T12:00:00.000Z", "rating": 9, "type": "movie", "movie": {
            "title": "Heat", "year": 1995, "ids": {"trakt": 1, "imdb": "tt0113277", "tmdb": 949}}}]),
        ("Heat", "tt0113277", "949", 1995, 4.5, NOON),
    ),
}  # fmt: skip


@pytest.mark.parametrize("site", EXPORTS)
def test_export_of_one_person(site: str, tmp_path: Path) -> None:
    name, content, row = EXPORTS[site]
    (tmp_path / name).write_text(content, encoding="utf-8")
    (found,) = read(tmp_path / name, user="me")["personal"]
    assert tuple(found.values()) == row


def test_whole_export_of_letterboxd(tmp_path: Path) -> None:
    name, content, row = EXPORTS["letterboxd"]
    for other in ("watched.csv", "profile.csv", "diary.csv"):
        (tmp_path / other).write_text("Date,Name,Year,Letterboxd URI\n2024-05-01,Heat,1995,x\n")
    (tmp_path / name).write_text(content, encoding="utf-8")
    (found,) = read(tmp_path, user="me")["personal"]
    assert tuple(found.values()) == row


def test_titles_of_netflix_may_hold_commas(tmp_path: Path) -> None:
    (tmp_path / "combined_data_1.txt").write_text("1:\n6,4,2024-05-01\n")
    titles = "1,1995,Sense, and Sensibility\n2,NULL,Pok\xe9mon\n"
    (tmp_path / "movie_titles.csv").write_text(titles, encoding="latin-1")
    tables = read(tmp_path)
    assert [tuple(row["properties"].values())[:2] for row in tables["movies"]] == [
        ("Sense, and Sensibility", 1995),
        ("Pokémon", None),
    ]
    assert [tuple(row.values()) for row in tables["ratings"]] == [(6, 1, 4.0, DAY)]
