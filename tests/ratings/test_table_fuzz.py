"""Random tables in random files: read as pandas reads them, or refused with a remedy; never a wrong row."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from movierec.errors import MovieRecError
from tests.ratings.reading import Rows, read

PATIENT = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = {
    "user": ["userId", "user_id", "User ID", "customer", "reviewerID"],
    "movie": ["movieId", "item_id", "SKU", "asin", "Film"],
    "rating": ["rating", "Stars", "score", "overall"],
    "time": ["timestamp", "date", "created_at", "unixReviewTime"],
}
LETTERS = st.text(st.characters(codec="latin-1", categories=["L"]), min_size=1, max_size=6)
STARS = [0.5 * half for half in range(1, 11)]
SECONDS = st.integers(800_000_000, 1_900_000_000)


@dataclass
class File:
    """A table of texts as it is written, and how."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str
    encoding: str
    quoting: Literal[0, 1]
    line_end: str
    compression: str
    has_header: bool
    before: str  # a line before the table

    def content(self, before: str = "") -> bytes:
        text = io.StringIO(before + self.line_end if before else "", newline="")
        text.seek(0, io.SEEK_END)
        writer = csv.writer(
            text,
            delimiter=self.delimiter,
            quoting=self.quoting,
            lineterminator=self.line_end,
        )
        if self.has_header:
            writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode(self.encoding)

    def write(self, folder: Path) -> Path:
        content = self.content(self.before)
        path = folder / "own.csv"
        if self.compression == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("own.csv", content)
                archive.writestr("__MACOSX/._own.csv", b"\x00\x05\x16\x07")
            return path
        squeeze: dict[str, Callable[[bytes], bytes]] = {
            "": bytes,
            "gz": gzip.compress,
            "bz2": bz2.compress,
            "xz": lzma.compress,
        }
        path.write_bytes(squeeze[self.compression](content))
        return path

    def as_pandas_reads_it(self) -> pd.DataFrame:
        """All columns as texts, by an independent reader."""
        return pd.read_csv(
            io.BytesIO(self.content()),
            sep=self.delimiter,
            encoding=self.encoding,
            header=0 if self.has_header else None,
            names=self.header,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )


def ids(kind: str) -> st.SearchStrategy[str]:
    number = st.integers(0, 2**62)
    return {
        "integer": st.one_of(st.integers(1, 99), number).map(str),
        "float": st.integers(0, 10**15).map("{}.0".format),
        "zeros": st.integers(0, 9999).map("{:05d}".format),
        "text": LETTERS,
        "mixed": st.one_of(LETTERS, number.map(str)),
    }[kind]


def times(kind: str) -> st.SearchStrategy[str]:
    east = timezone(timedelta(hours=5, minutes=30))
    forms: dict[str, Callable[[int], str]] = {
        "s": str,
        "fraction": "{}.25".format,
        "ms": "{}123".format,
        "date": lambda s: datetime.fromtimestamp(s, UTC).strftime("%Y-%m-%d"),
        "slashes": lambda s: datetime.fromtimestamp(s, UTC).strftime("%Y/%m/%d"),
        "ymd": lambda s: datetime.fromtimestamp(s, UTC).strftime("%Y%m%d"),
        "iso": lambda s: datetime.fromtimestamp(s, UTC).strftime("%Y-%m-%dT%H:%M:%S.5Z"),
        "zone": lambda s: datetime.fromtimestamp(s, east).isoformat(sep=" "),
    }
    return SECONDS.map(forms[kind])


def second_of(text: str, kind: str) -> int:
    if not text:
        return 0
    if kind in ("s", "fraction"):
        return int(float(text))
    if kind == "ms":
        return int(text) // 1000
    moment = pd.Timestamp(text)
    return int((moment.tz_localize("UTC") if moment.tz is None else moment).timestamp())


def is_text(value: str) -> bool:
    digits = value.removesuffix(".0")
    return not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and len(digits) > 1)


def id_of(text: str, are_texts: bool) -> int | str:
    return text if are_texts else int(text.removesuffix(".0"))


@st.composite
def files(draw: st.DrawFn) -> tuple[File, dict[str, str], bool]:
    """A file, the kind of each column, and whether ratings have a comma."""
    n = draw(st.integers(1, 12))
    kinds = {
        "user": draw(st.sampled_from(["integer", "float", "zeros", "text", "mixed"])),
        "movie": draw(st.sampled_from(["integer", "float", "zeros", "text", "mixed"])),
        "time": draw(st.sampled_from(["none", "s", "fraction", "ms", "date", "slashes", "ymd", "iso", "zone"])),
    }
    has_comma = draw(st.booleans())
    ratings = [str(draw(st.sampled_from(STARS))).replace(".", "," if has_comma else ".") for _ in range(n)]
    columns: dict[str, list[str]] = {
        "user": [draw(ids(kinds["user"])) for _ in range(n)],
        "movie": [draw(ids(kinds["movie"])) for _ in range(n)],
        "rating": ratings,
    }
    if kinds["time"] != "none":
        columns["time"] = [draw(times(kinds["time"])) for _ in range(n)]
        if draw(st.booleans()):
            columns["time"][draw(st.integers(0, n - 1))] = ""
    if draw(st.booleans()):
        columns["note"] = [draw(st.sampled_from(["", "a", "so, so", 'the "best"', "x;y|z"])) for _ in range(n)]
    order = draw(st.permutations(list(columns)))
    file = File(
        header=[draw(st.sampled_from(NAMES.get(name, [name]))) for name in order],
        rows=[list(row) for row in zip(*(columns[name] for name in order), strict=True)],
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        compression=draw(st.sampled_from(["", "gz", "bz2", "xz", "zip"])),
        has_header=draw(st.booleans()),
        before="",
    )
    file.before = draw(st.sampled_from(["", "# exported today", f"sep={file.delimiter}"]))
    return file, kinds, has_comma


def expected_rows(file: File, kinds: dict[str, str]) -> Rows:
    table = file.as_pandas_reads_it()
    names = {name: next((column for column in table if column in NAMES[name]), "") for name in NAMES}
    texts = {name: any(map(is_text, table[names[name]])) for name in ("user", "movie")}
    rows = []
    for _, row in table.iterrows():
        rows.append(
            {
                "userIds": id_of(row[names["user"]], texts["user"]),
                "movieIds": id_of(row[names["movie"]], texts["movie"]),
                "ratings": float(row[names["rating"]].replace(",", ".")),
                "timestamps": second_of(row[names["time"]], kinds["time"]) if names["time"] else 0,
            }
        )
    return rows


@PATIENT
@given(drawn=files())
def test_random_table_is_read_as_pandas_reads_it_or_refused_with_a_remedy(
    drawn: tuple[File, dict[str, str], bool], tmp_path: Path
) -> None:
    file, kinds, _ = drawn
    path = file.write(tmp_path)
    options: dict[str, Any] = {"encoding": "latin-1"} if file.encoding == "latin-1" else {}
    if not file.has_header:
        options["columns"] = tuple(file.header)
    try:
        rows = read(path, **options)["ratings"]
    except MovieRecError as error:
        said = str(error)
        event("refused")
        assert "\n" not in said
        assert "--" in said, "a refusal names the option that helps"
        return
    event("read")
    assert rows == expected_rows(file, kinds)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "koi8-r"])
def test_text_of_another_encoding_is_refused_with_the_option(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "own.csv"
    text = {"koi8-r": "Иван"}.get(encoding, "Zoë")
    path.write_bytes(f"user,item,rating\n{text},1,4\n".encode(encoding))
    with pytest.raises(MovieRecError, match=r"bytes are of another encoding \(name it: --encoding"):
        read(path)
    assert read(path, encoding=encoding)["ratings"][0]["userIds"] == text
