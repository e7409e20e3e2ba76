"""Which server to use, and who we are there.

A flag wins over an environment variable, which wins over a `.env` file found upwards from the working
folder. With no address from any of them, the answer is "the embedded server". A password never comes
from a command line: it comes from NEO4J_PASSWORD, `.env`, a password file or a hidden prompt.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from movierec.errors import BadRequest

__all__ = ["ConnectionSettings", "check_address", "connection_settings", "environment", "is_loopback"]

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True)
class ConnectionSettings:
    """Everything the driver needs. `database` None means the user's home database; `embedded_home` is the home
    whose embedded server this is.
    """

    uri: str
    username: str = "neo4j"
    password: str = field(default="", repr=False)  # repr=False keeps it out of logs
    database: str | None = None
    embedded_home: Path | None = None

    def __post_init__(self) -> None:
        check_address(self.uri)

    @property
    def is_unencrypted_to_another_host(self) -> bool:
        """Would the password travel in the clear to a machine that is not this one?"""
        parts = urlsplit(self.uri)
        return parts.scheme in ("bolt", "neo4j") and not is_loopback(parts.hostname or "")


def check_address(uri: str) -> None:
    """Refuse an address that the driver cannot use, or that holds a secret; the secret is not repeated."""
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        raise BadRequest(
            "The server address holds a user name or password, which logs and error messages would show. "
            "Give the address alone, and the rest by NEO4J_USERNAME and NEO4J_PASSWORD."
        )
    if parts.scheme not in SCHEMES:
        raise BadRequest(
            f"The server address {uri!r} has the scheme {parts.scheme!r}; expected one of "
            f"{', '.join(SCHEMES)}, for example bolt://localhost:7687."
        )


def is_loopback(host: str) -> bool:
    """Is `host` this machine, reached without a network?"""
    return host in ("localhost", "::1") or host.startswith("127.")


def environment(start: Path | None = None) -> Mapping[str, str]:
    """The process environment over the nearest `.env` upwards from `start` (default: working folder)."""
    from dotenv import dotenv_values

    folder = (start or Path.cwd()).resolve()
    values: dict[str, str] = {}
    for candidate in (folder, *folder.parents):
        if (candidate / ".env").is_file():
            try:
                read = dotenv_values(candidate / ".env", encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise BadRequest(
                    f"{candidate / '.env'} cannot be read: {error}. Save it as UTF-8 text."
                ) from error
            values = {k: v for k, v in read.items() if v is not None}
            break
    return values | dict(os.environ)


def connection_settings(
    env: Mapping[str, str],
    uri: str | None = None,
    username: str | None = None,
    password: str | None = None,
    database: str | None = None,
) -> ConnectionSettings | None:
    """Settings for the server that flags or `env` name; None when neither names one (then: embedded)."""
    uri = uri or env.get("NEO4J_URI")
    if not uri:
        return None
    check_address(uri)
    if password is None:
        password = env.get("NEO4J_PASSWORD")
    if password is None:
        raise BadRequest(
            f"No password for {uri}. Set NEO4J_PASSWORD (in the environment or in .env), "
            "or give --password-file FILE."
        )
    return ConnectionSettings(
        uri=uri,
        username=username or env.get("NEO4J_USERNAME") or "neo4j",
        password=password,
        database=database or env.get("NEO4J_DATABASE") or None,
    )
