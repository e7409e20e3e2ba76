"""Lines that are read as bytes give the texts, lines, rows and rejects that the careful reader gives."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec.errors import DataRejected
from movierec.ratings.columns import plain_integers
from movierec.ratings.plain_lines import LineBlocks, PlainColumn, plain_columns
from movierec.ratings.tables import Layout, TextChunk, _careful_chunks, read_text
from movierec.ratings.text_columns import NumberColumn, TextColumn, distinct

PIECES = st.sampled_from(
    [
        "1",
        "22",
        "4.5",
        "007",
        "",
        " ",
        "a",
        '"',
        '"x"',
        ",",
        ";",
        "::",
        "\t",
        "\r",
        "\x1f",
        "é",
        "123456789012345678",
    ]
)
LINES = st.one_of(
    st.lists(st.sampled_from(["7", "19", "3.5", "1000000007"]), min_size=3, max_size=3).map(",".join),
    st.lists(st.sampled_from(['"7"', '""', '"a,b"', '"a""b"', "8"]), min_size=3, max_size=3).map(",".join),
    st.lists(PIECES, max_size=6).map("".join),
)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    line_end = draw(LINE_ENDS)
    ends = st.sampled_from([line_end, line_end, line_end, "\n"])
    lines = draw(st.lists(LINES, max_size=12))
    return "".join(line + draw(ends) for line in lines) + draw(st.sampled_from(["", "1,2,3", "4,5"]))


def flat(chunks: list[TextChunk]) -> dict[str, object]:
    """What is in the chunks, however it is cut."""
    names = {name for chunk in chunks for name in chunk.columns}
    return {
        "columns": {name: [text for chunk in chunks for text in chunk.columns[name]] for name in names},
        "lines": [line for chunk in chunks for line in chunk.lines],
        "rows": [row for chunk in chunks for row in chunk.rows.tolist()],
        "ends": chunks[-1].end_row if chunks else 0,
        "rejects": [reject for chunk in chunks for reject in chunk.rejects],
    }


@settings(max_examples=1500, deadline=None)
@given(
    text=texts(),
    delimiter=st.sampled_from([",", ";", "\t", "::"]),
    is_quoted=st.booleans(),
    has_header=st.booleans(),
    n_skipped=st.integers(0, 2),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-8-sig"]),
    chunk_rows=st.integers(1, 5),
)
def test_any_text_is_read_as_the_careful_reader_reads_it(
    text: str, delimiter: str, is_quoted: bool, has_header: bool, n_skipped: int, encoding: str, chunk_rows: int
) -> None:
    layout = Layout(
        columns=("a", "b", "c"),
        delimiter=delimiter,
        is_quoted=is_quoted and len(delimiter) == 1,
        has_header=has_header,
        n_skipped=n_skipped,
        encoding=encoding,
    )
    header = delimiter.join("abc") + "\n" if has_header else ""
    content = ("# a comment\n" * n_skipped + header + text).encode(encoding)

    def outcome(read: object) -> object:
        try:
            chunks = read(io.BufferedReader(io.BytesIO(content)), "x.csv", layout, ("c", "a"), chunk_rows)  # type: ignore[operator]
            return flat(list(chunks))
        except DataRejected as error:
            return str(error)

    assert outcome(read_text) == outcome(_careful_chunks)


@pytest.mark.parametrize(
    ("lines", "is_quoted"),
    [
        ("1,2\n3,4\n", True),
        ("1,2\r\n3,4\r\n", True),
        ('"1",2\n3,""\n', True),
        ('"1","2"\r\n3,"x"\r\n', True),
        ('1,"2\n', False),
        ("1, 2\n", False),
    ],
)
def test_plain_lines_are_taken_apart(lines: str, is_quoted: bool) -> None:
    columns = plain_columns(lines.encode(), ",", 2, (1, 0), is_quoted)
    assert columns is not None
    expected = (
        list(csv.reader(lines.splitlines())) if is_quoted else [line.split(",") for line in lines.splitlines()]
    )
    assert [list(column) for column in columns] == [[row[1] for row in expected], [row[0] for row in expected]]


@pytest.mark.parametrize(
    "lines",
    [
        "1,2\n\n3,4\n",
        "1,2,3\n4\n",
        '"1,2\n',
        '"1,1",2\n',
        '"a""b",2\n',
        "1, 2\n",
        " 1,2\n",
        "1,é\n",
        "1,2\r3,4\n",
        "1,2\r\n3,4\n",
        "1,\x00\n",
    ],
)
def test_lines_that_need_a_closer_look_are_left(lines: str) -> None:
    assert plain_columns(lines.encode(), ",", 2, (0, 1), is_quoted=True) is None


COLUMNS = st.lists(
    st.one_of(
        st.integers(0, 10**18 - 1).map(str),
        st.integers(0, 99).map(str),
        st.sampled_from(["", "007", "4.5", "-1", "1000000000000000000", "9" * 19, "x" * 9]),
    ),
    max_size=8,
)


@given(values=COLUMNS, more=st.lists(st.integers(0, 10**18 - 1).map(str), max_size=8))
def test_column_of_bytes_is_what_the_list_of_its_texts_is(values: list[str], more: list[str]) -> None:
    columns: list[TextColumn] = [plain_column(values), plain_column(more), NumberColumn(np.array(more, np.int64))]
    for column, texts_ in zip(columns, (values, more, more), strict=True):
        assert list(column) == texts_
        assert [column[i] for i in range(len(column))] == texts_
        expected = plain_integers(texts_)
        found = plain_integers(column)
        if texts_:
            assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            np.testing.assert_array_equal(found, expected)
        names, which = distinct(column)
        assert (names, which.tolist()) == (distinct(texts_)[0], distinct(texts_)[1].tolist())


@given(numbers=st.lists(st.one_of(st.just(math.nan), st.sampled_from([0.5, 3.0, -1.0]), st.floats())))
def test_column_of_floats_is_what_the_list_of_their_texts_is(numbers: list[float]) -> None:
    column = NumberColumn(np.array(numbers, dtype=np.float64))
    texts_ = ["" if math.isnan(number) else str(number) for number in numbers]
    assert list(column) == texts_
    assert plain_integers(column) is None
    names, which = distinct(column)
    assert [names[i] for i in which] == texts_


def plain_column(values: list[str]) -> PlainColumn:
    content = np.frombuffer("".join(values).encode(), dtype=np.uint8)
    lengths = np.array([len(value) for value in values], dtype=np.int64)
    ends = np.cumsum(lengths)
    return PlainColumn(content, ends - lengths, ends)


@given(content=st.binary(max_size=60), n=st.integers(1, 4), taken=st.integers(0, 5))
def test_lines_are_taken_whole_and_the_rest_is_left(content: bytes, n: int, taken: int) -> None:
    blocks = LineBlocks(io.BytesIO(content))
    found = [blocks.take(n, 1000) for _ in range(taken)]
    whole = content if content.endswith(b"\n") or not content else content + b"\n"
    lines = whole.split(b"\n")[:-1]
    assert found == [b"".join(line + b"\n" for line in lines[n * i : n * i + n]) for i in range(taken)]
    rest = blocks.rest(b"again").read()
    assert rest.removesuffix(b"\n") == (
        b"again" + b"".join(line + b"\n" for line in lines[n * taken :])
    ).removesuffix(b"\n")


def test_line_that_is_too_long_is_not_waited_for() -> None:
    assert LineBlocks(io.BytesIO(b"1\n" + b"x" * 100 + b"\n")).take(2, 50) is None
