import errno
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from movierec.database.embedded import artifacts
from movierec.database.embedded.artifacts import Artifact, Lock, fetch_jars, known_versions, load_lock
from movierec.errors import BadRequest, EmbeddedServerFailed


def small_lock() -> Lock:
    """The two smallest jars of a real lock: quick to fetch, and fetched for real."""
    lock = load_lock("5.26.31")
    return replace(lock, artifacts=tuple(sorted(lock.artifacts, key=lambda artifact: artifact.bytes)[:2]))


def test_both_lines_of_neo4j_are_locked() -> None:
    assert known_versions() == ["5.26.31", "2026.09.0"]


@pytest.mark.parametrize("version", known_versions())
def test_lock_names_every_jar_with_a_hash_and_no_address(version: str) -> None:
    lock = load_lock(version)
    assert lock.neo4j == version
    assert {"neo4j-server", "neo4j", "neo4j-browser"} <= {artifact.artifact for artifact in lock.artifacts}
    assert all(re.fullmatch("[0-9a-f]{64}", artifact.sha256) for artifact in lock.artifacts)
    path = Path(artifacts.__file__).parent / "locks" / f"{version}.json"
    assert "://" not in path.read_text()


def test_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match=r"5\.26\.31, 2026\.09\.0"):
        load_lock("4.4.0")


def test_missing_jars_are_fetched_once(tmp_path: Path) -> None:
    lock = small_lock()
    paths = fetch_jars(lock, tmp_path)
    assert [path.stat().st_size for path in paths] == [artifact.bytes for artifact in lock.artifacts]
    times = [path.stat().st_mtime_ns for path in paths]
    fetch_jars(lock, tmp_path)
    assert [path.stat().st_mtime_ns for path in paths] == times


def test_damaged_jar_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    lock = small_lock()
    path = fetch_jars(lock, tmp_path)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\0")
    fetch_jars(lock, tmp_path)
    assert path.read_bytes() == whole


def test_jar_that_never_has_its_hash_stops_everything(tmp_path: Path) -> None:
    lock = small_lock()
    tampered = replace(lock, artifacts=(replace(lock.artifacts[0], sha256="0" * 64),))
    with pytest.raises(EmbeddedServerFailed, match="sha256 was not the locked 0000000000000000"):
        fetch_jars(tampered, tmp_path)
    assert not (tmp_path / lock.artifacts[0].path).exists()


def test_no_network_names_the_other_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The name of a machine that cannot exist, where the repository's would be.
    def nowhere(_: Path) -> object:
        from jgo.maven import MavenContext

        return MavenContext(repo_cache=tmp_path, remote_repos={"nowhere": "http://no-such-host.invalid"})

    monkeypatch.setattr(artifacts, "_maven_context", nowhere)
    with pytest.raises(EmbeddedServerFailed, match=r"no network.*NEO4J_URI"):
        fetch_jars(small_lock(), tmp_path)


def test_full_disk_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(EmbeddedServerFailed, match=r"MB are free.*MOVIEREC_CACHE"):
        fetch_jars(small_lock(), tmp_path)


def test_disk_that_fills_on_the_way_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jgo.maven import Artifact as Remote

    def no_space(self: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Remote, "resolve", no_space)
    with pytest.raises(EmbeddedServerFailed, match=r"No space left on device.*MOVIEREC_CACHE"):
        fetch_jars(small_lock(), tmp_path)


def test_artifact_lies_where_a_maven_repository_has_it() -> None:
    artifact = Artifact(
        group="io.netty", artifact="netty", version="4.1", bytes=1, sha256="0" * 64, classifier="linux-x86_64"
    )
    assert artifact.path == Path("io/netty/netty/4.1/netty-4.1-linux-x86_64.jar")
