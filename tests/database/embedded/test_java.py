import stat
from pathlib import Path

import pytest

from movierec.database.embedded.artifacts import load_lock
from movierec.database.embedded.java import find_java
from movierec.errors import EmbeddedServerFailed


def java_that_says(tmp_path: Path, version: str) -> str:
    path = tmp_path / "java"
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("version", ["5.26.31", "2026.09.0"])
def test_the_wheels_java_runs_both_lines(version: str) -> None:
    assert find_java(load_lock(version), {}).exists()


def test_java_of_ones_own_is_used_when_it_fits(tmp_path: Path) -> None:
    java = java_that_says(tmp_path, "17.0.15")
    assert str(find_java(load_lock("5.26.31"), {"MOVIEREC_JAVA": java})) == java


def test_wrong_java_is_named_with_the_right_ones(tmp_path: Path) -> None:
    java = java_that_says(tmp_path, "17.0.15")
    with pytest.raises(EmbeddedServerFailed, match=r"is Java 17, but Neo4j 2026.09.0 runs on Java 21 or 25"):
        find_java(load_lock("2026.09.0"), {"MOVIEREC_JAVA": java})


def test_old_naming_of_java_8_is_understood(tmp_path: Path) -> None:
    java = java_that_says(tmp_path, "1.8.0_392")
    with pytest.raises(EmbeddedServerFailed, match="is Java 8"):
        find_java(load_lock("5.26.31"), {"MOVIEREC_JAVA": java})


def test_missing_java_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerFailed, match="cannot be run as Java"):
        find_java(load_lock("5.26.31"), {"MOVIEREC_JAVA": str(tmp_path / "nothing")})
