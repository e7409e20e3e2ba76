"""The server's jars: fetched once into a cache, and compared with the committed lock before any is run.

`locks/<version>.json` names every jar of one Neo4j version with its size and sha256. `jgo` fetches
exactly those from its default repository, several at a time. A jar whose hash differs is deleted and
fetched once more; if it differs again, nothing is started.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from filelock import FileLock

from movierec.errors import BadRequest, EmbeddedServerFailed, MissingExtra
from movierec.progress import Progress, silent
from movierec.thread_pool import thread_pool

__all__ = ["Artifact", "Lock", "fetch_jars", "known_versions", "load_lock", "locked_version"]

_log = logging.getLogger(__name__)

N_DOWNLOADS_AT_ONCE = 8
REQUEST_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One jar: its coordinate, and what its content must be."""

    group: str
    artifact: str
    version: str
    bytes: int
    sha256: str
    classifier: str = ""

    @property
    def path(self) -> Path:
        """Where the jar lies below the cache, in the layout of a Maven repository."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        folder = Path(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}{suffix}.jar"

    def __str__(self) -> str:
        return ":".join(filter(None, (self.group, self.artifact, self.version, self.classifier)))


@dataclass(frozen=True)
class Lock:
    """Everything needed to run one Neo4j version. `java` lists the Java releases it supports."""

    neo4j: str
    main_class: str
    java: tuple[int, ...]
    artifacts: tuple[Artifact, ...]


def known_versions() -> list[str]:
    """The Neo4j versions there is a lock for, oldest line first."""
    names = [entry.name for entry in (files(__package__) / "locks").iterdir()]
    versions = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return sorted(versions, key=lambda version: tuple(map(int, version.split("."))))


def locked_version(version: str) -> str:
    """The locked version that runs the data of `version`: the one of the same release line, else `version`.

    Neo4j has two lines: 5.26, with long-term support, and the calendar versions. Within a line a newer
    server opens the store of an older one.
    """
    same_line = [known for known in known_versions() if _line(known) == _line(version)]
    return same_line[-1] if same_line else version


def _line(version: str) -> str:
    major, _, rest = version.partition(".")
    return "calendar" if major.isdecimal() and int(major) >= 2025 else f"{major}.{rest.partition('.')[0]}"


@cache
def load_lock(version: str) -> Lock:
    """The committed lock of one Neo4j version; BadRequest for any other."""
    if version not in known_versions():
        raise BadRequest(
            f"No lock for Neo4j {version!r}; the embedded server can be one of {', '.join(known_versions())}."
        )
    content = json.loads((files(__package__) / "locks" / f"{version}.json").read_text(encoding="utf-8"))
    return Lock(
        neo4j=content["neo4j"],
        main_class=content["main_class"],
        java=tuple(content["java"]),
        artifacts=tuple(Artifact(**entry) for entry in content["artifacts"]),
    )


def fetch_jars(lock: Lock, cache: Path, progress: Progress = silent) -> list[Path]:
    """The paths of all jars of `lock`, each checked; those not in `cache` yet are fetched into it.

    Raises EmbeddedServerFailed when there is no network, no room on the disk, or a hash that differs.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerFailed(f"Cannot make the cache folder {cache}: {error.strerror}.") from error
    # One process fetches at a time; a second one waits here and then finds everything in place.
    with FileLock(cache / "fetch.lock"):
        missing = [artifact for artifact in lock.artifacts if not _is_whole(artifact, cache)]
        if missing:
            _fetch(lock, missing, cache, progress)
    return [cache / artifact.path for artifact in lock.artifacts]


def _is_whole(artifact: Artifact, cache: Path) -> bool:
    """Is the jar there with the locked content? A damaged or half-written one is deleted."""
    path = cache / artifact.path
    if not path.exists():
        return False
    if path.stat().st_size == artifact.bytes and _sha256(path) == artifact.sha256:
        return True
    _log.warning("%s in the cache differs from its lock; fetching it again.", artifact)
    path.unlink()
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(lock: Lock, missing: list[Artifact], cache: Path, progress: Progress) -> None:
    needed = sum(artifact.bytes for artifact in missing)
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise EmbeddedServerFailed(
            f"Fetching Neo4j {lock.neo4j} needs {needed // 2**20 + 1} MB in {cache}, but {free // 2**20} MB "
            "are free. Make room, or set MOVIEREC_CACHE to a folder on another disk."
        )
    context = _maven_context(cache)
    _log.info("fetching %d jars of Neo4j %s, %d MB", len(missing), lock.neo4j, needed // 2**20)
    with (
        progress(f"fetch Neo4j {lock.neo4j} (GPLv3)", needed, "B") as advance,
        thread_pool(N_DOWNLOADS_AT_ONCE, "fetch") as pool,
    ):
        for artifact in pool.map(lambda artifact: _fetch_one(context, artifact, cache), missing):
            advance(artifact.bytes)


def _fetch_one(context: Any, artifact: Artifact, cache: Path) -> Artifact:
    import requests

    component = context.project(artifact.group, artifact.artifact).at_version(artifact.version)
    for is_last_try in (False, True):  # a connection may be cut in the middle
        try:
            component.artifact(classifier=artifact.classifier).resolve()
        except requests.RequestException as error:
            _is_whole(artifact, cache)  # deletes what came of it
            if not is_last_try:
                continue
            raise EmbeddedServerFailed(
                f"Cannot fetch {artifact}: no network, or the repository does not answer "
                f"({type(error).__name__}). Connect and run again (what is fetched is kept), or use a server "
                "you have: set NEO4J_URI, or docker compose up."
            ) from error
        except OSError as error:
            raise EmbeddedServerFailed(
                f"Cannot write {artifact} to {cache}: {error.strerror}. Make room, or set MOVIEREC_CACHE."
            ) from error
        except RuntimeError as error:  # what jgo raises when no repository has the artifact
            raise EmbeddedServerFailed(f"Cannot fetch {artifact}: {error}".splitlines()[0]) from error
        if _is_whole(artifact, cache):
            return artifact
    raise EmbeddedServerFailed(
        f"{artifact} was fetched twice and both times its sha256 was not the locked {artifact.sha256[:16]}...; "
        "something between here and the repository changes files. Nothing was started."
    )


def _maven_context(cache: Path) -> Any:
    try:
        import truststore
        from jgo.maven import MavenContext, PythonResolver
    except ImportError as error:
        raise MissingExtra("The embedded Neo4j server", "embedded") from error
    # The operating system's certificates, not a list of our own: company networks need theirs.
    truststore.inject_into_ssl()
    return MavenContext(resolver=PythonResolver(), repo_cache=cache, timeout=REQUEST_SECONDS)
