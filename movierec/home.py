"""The files of one embedded server.

    <home>/server/          configuration, data and logs of the server
        password            0600, random, made once
        state.json          process, ports and version of the last start
        console.log         what the server printed
        stopped             there if the last start was ended by a clean stop
        import/             a store that is being imported; with complete in it, the next start takes it
    <home>/checkpoints/     unfinished trainings
    <home>/models/          rating models, each named after its Run

`home` is MOVIEREC_HOME, or the user's data folder. Two homes are two servers. The cache of downloads,
MOVIEREC_CACHE or the user's cache folder, is shared by all homes.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Home", "State", "cache_folder", "home_folder", "replace_file"]

_log = logging.getLogger(__name__)


def home_folder(env: Mapping[str, str]) -> Path:
    """MOVIEREC_HOME, or the user's data folder."""
    if env.get("MOVIEREC_HOME"):
        return Path(env["MOVIEREC_HOME"]).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("movierec", appauthor=False)


def cache_folder(env: Mapping[str, str]) -> Path:
    """MOVIEREC_CACHE, or the user's cache folder."""
    if env.get("MOVIEREC_CACHE"):
        return Path(env["MOVIEREC_CACHE"]).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("movierec", appauthor=False)


@dataclass(frozen=True, kw_only=True)
class State:
    """What the last start recorded. Sizes that were given are kept for later starts, others chosen anew."""

    pid: int
    bolt_port: int
    http_port: int
    neo4j: str
    heap: str
    page_cache: str = "256m"
    given_heap: str | None = None
    given_page_cache: str | None = None
    memory_reason: str = ""
    authenticates: bool = True


@dataclass(frozen=True)
class Home:
    """The paths below one home folder, and the small files that are read and written whole."""

    folder: Path

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def configuration(self) -> Path:
        return self.server / "conf" / "neo4j.conf"

    @property
    def data(self) -> Path:
        return self.server / "data"

    @property
    def console_log(self) -> Path:
        return self.server / "console.log"

    @property
    def password_file(self) -> Path:
        return self.server / "password"

    @property
    def imports(self) -> Path:
        return self.server / "import"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def stopped_mark(self) -> Path:
        return self.server / "stopped"

    def was_stopped(self) -> bool:
        """Was the last start ended by a clean stop?"""
        return self.stopped_mark.exists()

    def password(self) -> str | None:
        """The server's password, or None before the first start."""
        return self.password_file.read_text().strip() if self.password_file.exists() else None

    def draft_password(self) -> Path:
        """A file with a new random password, readable by its owner alone; not in force until it is kept."""
        # Hexadecimal: one that began with a dash would be an option to Neo4j's admin tool.
        draft = self.password_file.with_name("password.draft")
        replace_file(draft, secrets.token_hex(16) + "\n", mode=0o600)
        return draft

    def state(self) -> State | None:
        """What the last start recorded; None before the first, and where the file cannot be understood."""
        path = self.server / "state.json"
        if not path.exists():
            return None
        try:
            return State(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):  # not UTF-8, not JSON, or other names
            _log.warning("%s is damaged and is not used.", path)
            return None

    def write_state(self, state: State) -> None:
        replace_file(self.server / "state.json", json.dumps(asdict(state), indent=2) + "\n")


def replace_file(path: Path, content: str, mode: int = 0o644) -> None:
    """Write a whole file or nothing: a reader sees the old content or the new, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
