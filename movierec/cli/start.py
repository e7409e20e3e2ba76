"""Where `movierec` begins. Until there is a command to unwind, Ctrl-C simply ends the process."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """The console script: never returns."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from movierec.cli.main import main as run

    run()
