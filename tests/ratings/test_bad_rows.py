"""Every kind of bad row, as an example file, and what is said about it."""

import json
from pathlib import Path

import pytest

from movierec.errors import DataRejected
from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from movierec.ratings.survey import survey_source
from movierec.ratings.validate import CheckedReader
from tests.ratings.reading import read

EXAMPLES = Path(__file__).parent / "bad_rows"

SAID = {
    "rating-out-of-scale.csv": "line 3: rating is '7.5'; expected a rating from 0.5 to 5 (another scale: "
    "--scale LOW:HIGH).",
    "rating-not-a-number.csv": "line 3: rating is 'nan'; expected a rating",
    "rating-infinite.csv": "line 3: rating is '1e999'; expected a rating",
    "rating-is-text.csv": "line 3: rating is 'good'; expected a rating",
    "timestamp-is-text.csv": "line 3: timestamp is 'yesterday'; expected Unix seconds",
    "timestamp-in-milliseconds.csv": "line 3: timestamp is '964981247000'; expected Unix seconds, at most "
    "the year 2100, or nothing (other times: --timestamp-unit, ",
    "url-in-number.csv": "line 3: movieId is 'http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)'; expected a "
    "whole number",
    "id-out-of-int64.csv": "line 3: movieId is '9223372036854775808'; expected a whole number (ids that are "
    "texts: --ids text)",
    "id-negative.csv": "line 3: userId is '-1'; expected a whole number",
    "too-many-columns.csv": "line 3: row is '1,11,4.0,964981247,more'; expected 4 columns, not 5",
    "too-few-columns.csv": "line 3: row is '1,11,4.0'; expected 4 columns, not 3",
    "quote-not-closed.csv": "line 3: row is ''; expected fields quoted as in CSV (unexpected end of data; ",
    "title-empty.csv": "line 3: title is ''; expected text, not nothing",
    "title-control-character.csv": "line 3: title is 'American\\x00 President (1995)'; expected text without",
    "title-line-end.csv": "line 3: title is 'American\\nPresident (1995)'; expected text without",
    "mixed-encodings.csv": r"line 4: title is 'Am\\xe9lie (2001)'; expected utf-8 text; these bytes are of",
    "movie-twice.csv": "line 3: movieId is '10'; expected one row for each movieId; this is another",
    "unknown-movie": "ratings.csv line 3: movieId is '11'; expected a movie that is in the table of movies",
}
FINE = {"duplicate-pair.csv": 4} | {
    f"fine-{name}.csv": 2
    for name in ("byte-order-mark", "crlf", "no-last-line-end", "blank-lines", "utf-16", "fractions")
}


def table_of(name: str) -> str:
    return "movies" if name.startswith(("title", "mixed", "movie-")) else "ratings"


def test_every_example_has_its_test() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {*SAID, *FINE}


@pytest.mark.parametrize("name", SAID)
def test_bad_row_is_named(name: str) -> None:
    with pytest.raises(DataRejected) as refused:
        read(EXAMPLES / name, table=table_of(name))
    assert str(EXAMPLES / name) in str(refused.value)
    assert SAID[name] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", SAID)
def test_bad_row_can_be_left_out_and_is_written_down(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    n_good = 0
    with Files(EXAMPLES / name) as files, BadRows(-1, path) as bad_rows:
        source = survey_source(files, recognise(files, ReadSettings(table=table_of(name)))).source
        reader = CheckedReader(files, source, bad_rows)
        for table in source.tables:
            n_good += sum(map(len, reader.chunks(table, 100)))
    (entry,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert list(entry) == ["file", "line", "column", "value", "expectation"]
    assert f"line {entry['line']}: {entry['column']} is" in SAID[name]
    assert n_good >= 1


@pytest.mark.parametrize("name", FINE)
def test_what_is_unusual_but_right_is_read(name: str) -> None:
    rows = read(EXAMPLES / name)["ratings"]
    assert len(rows) == FINE[name]
    assert rows[0] == {"userIds": 1, "movieIds": 10, "ratings": 4.0, "timestamps": 964982703}


def test_line_numbers_go_on_over_chunks_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,movie,rating\n" + "".join(f"{user},1,4.0\n\n" for user in range(1, 11)) + "11,1,9\n")
    with pytest.raises(DataRejected, match=r"line 22: rating is '9'"):
        read(path, chunk_rows=3)


def test_too_many_bad_rows_stop_with_the_first_one_named(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,movie,rating\n1,1,x\n1,2,4\n1,3,y\n1,4,z\n")
    assert len(read(path, limit=3)["ratings"]) == 1
    with pytest.raises(
        DataRejected, match=r"3 bad rows, more than --max-bad-rows 2. The first: .* line 2: rating"
    ):
        read(path, limit=2)


def test_first_bad_row_is_the_first_line_not_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,movie,rating\n1,1,bad\nbad,2,4\n")
    with pytest.raises(DataRejected, match=r"line 2: rating is 'bad'"):
        read(path, ids="integer")
