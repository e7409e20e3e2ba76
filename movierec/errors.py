"""Every error that movierec raises deliberately, with the exit code that the command line gives it.

MovieRecError                      1   something failed
├── BadRequest                     2   an option or argument that cannot be honoured
│   └── NotFound                   2   no such movie, user or run; carries candidates
├── NoConnection                   3   no server could be reached
│   ├── CommitUnanswered           3   the connection broke while a commit was under way
│   ├── WrongPassword              3   the server refused the credentials
│   └── EmbeddedServerFailed       3   the embedded server could not be fetched, started or stopped
├── DataRejected                   4   a file holds something that cannot be loaded; names file and line
├── StageMissing                   5   the stage before this one has not run, or did not finish
├── MissingExtra                   1   an optional dependency is needed; names the command that installs it
├── CheckpointDamaged              1   a checkpoint cannot be read
└── DatabaseFailed                 1   the server answered with an error; carries its code
    └── ServerOutOfMemory          1   a transaction was too large for the server

A message is one line: the thing, the value, what was expected, and the next command.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BadRequest",
    "CheckpointDamaged",
    "CommitUnanswered",
    "DataRejected",
    "DatabaseFailed",
    "EmbeddedServerFailed",
    "MissingExtra",
    "MovieRecError",
    "NoConnection",
    "NotFound",
    "ServerOutOfMemory",
    "StageMissing",
    "WrongPassword",
]


class MovieRecError(Exception):
    """Base class of all errors that movierec raises deliberately."""

    exit_code = 1


class BadRequest(MovieRecError):
    """An option or argument has a value that cannot be honoured."""

    exit_code = 2


class NotFound(BadRequest):
    """No such movie, user or run. `candidates` are near matches, best first."""

    def __init__(self, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class NoConnection(MovieRecError):
    """No server could be reached at the address in use."""

    exit_code = 3


class CommitUnanswered(NoConnection):
    """The connection broke while a commit was under way: it may have been done, or not."""


class WrongPassword(NoConnection):
    """The server refused the user name and password."""


class EmbeddedServerFailed(NoConnection):
    """The embedded server could not be fetched, started or stopped."""


class DataRejected(MovieRecError):
    """A file holds something that cannot be loaded. The message begins with `file line N:`."""

    exit_code = 4


class StageMissing(MovieRecError):
    """The stage before this one has not run, or was interrupted."""

    exit_code = 5


class MissingExtra(MovieRecError):
    """An optional dependency is not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(
            f'{purpose} needs the "{extra}" extra, which is not installed. Run: pip install "movierec[{extra}]"'
        )


class CheckpointDamaged(MovieRecError):
    """A checkpoint file cannot be read, or is not one."""


class DatabaseFailed(MovieRecError):
    """The server answered with an error; `code` is Neo4j's status code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ServerOutOfMemory(DatabaseFailed):
    """A transaction needed more memory than the server may use; a smaller one may pass."""
