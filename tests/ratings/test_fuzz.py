"""Random bytes, and good files with random damage: an answer in words or the right rows, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec.errors import MovieRecError
from tests.ratings.reading import Rows, read

GOOD = {
    "own.csv": b"userId,movieId,rating,timestamp\n"
    + b"".join(b"%d,%d,4.0,881250949\n" % (u, u % 7) for u in range(30)),
    "quoted.csv": b'user,item,rating\n"1","10","4.0"\n"2","20","5"\n',
    "ratings.dat": b"1::10::4::881250949\n2::20::5::881250950\n3::30::3::881250951\n",
    "u.data": b"1\t10\t4\t881250949\n2\t20\t5\t881250950\n",
    "x.inter": b"user_id:token\titem_id:token\trating:float\n1\t10\t4\n2\t20\t5\n",
}
PATIENT = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read_or_refuse(path: Path, limit: int) -> Rows:
    """The rows; none when the file is refused, which takes one line of words."""
    said = ""
    rows: Rows = []
    try:
        rows = read(path, limit=limit).get("ratings", [])
    except MovieRecError as error:
        said = str(error)
    assert "\n" not in said
    return rows


def check(rows: Rows) -> None:
    """What every row that is let through has to be."""
    for row in rows:
        for name in ("userIds", "movieIds"):
            one = row[name]
            assert 0 <= one < 2**63 if isinstance(one, int) else one.strip() == one != ""
        assert 0 <= row["ratings"] <= 5.0
        assert 0 <= row["timestamps"] <= 4_102_444_800


@PATIENT
@given(content=st.binary(max_size=400), limit=st.sampled_from([0, 2, -1]))
def test_random_bytes(content: bytes, limit: int, tmp_path: Path) -> None:
    path = tmp_path / "random"
    path.write_bytes(content)
    check(read_or_refuse(path, limit))


@PATIENT
@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
def test_random_damage(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """Some bytes overwritten, cut out or put in; every row that is read is one of the file or a damaged line's."""
    content = bytearray(GOOD[name])
    damaged_lines = set()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        damaged_lines.add(content[:place].count(b"\n"))
        what = data.draw(st.sampled_from(["overwrite", "cut", "insert"]))
        if what == "overwrite":
            content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
        elif what == "cut":
            del content[place : place + data.draw(st.integers(1, 12))]
        else:
            content[place:place] = data.draw(st.binary(min_size=1, max_size=6))
    path = tmp_path / name
    path.write_bytes(bytes(content))
    whole = tmp_path / f"whole-{name}"
    whole.write_bytes(GOOD[name])
    # A zero put in front of one id makes texts of all ids in its column.
    right = {tuple(map(str, row.values())) for row in read(whole)["ratings"]}
    rows = read_or_refuse(path, data.draw(st.sampled_from([0, 3, -1])))
    check(rows)
    if 0 not in damaged_lines:  # a damaged header or first line may say that this is another format
        wrong = [row for row in rows if tuple(map(str, row.values())) not in right]
        # A cut may take a line end with it; what is left of two lines is one damaged line.
        assert len(wrong) <= 3 * len(damaged_lines) + 3
