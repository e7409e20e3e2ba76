"""What the operating system knows of a server: its process, its ports, what it printed."""

from __future__ import annotations

import socket
import subprocess

import psutil

from movierec.database.embedded.home import Home, State
from movierec.errors import EmbeddedServerFailed

__all__ = ["free_port", "live_process", "port_answers", "reap_children", "remember_child", "telling_line"]

# The servers this process started. They are meant to outlive it; a forgotten Popen would warn of that.
_children: list[subprocess.Popen[bytes]] = []


def remember_child(child: subprocess.Popen[bytes]) -> None:
    """Keep a server's Popen until `reap_children` finds it ended."""
    _children.append(child)


def reap_children() -> None:
    """Let go of the servers that have ended."""
    _children[:] = [child for child in _children if child.poll() is None]


def live_process(state: State, home: Home) -> psutil.Process | None:
    """The live server of `home` that `state` describes; None if it ended, also if its id is another's now.

    It is known by its command line, which names the home; a start time would shift with the clock.
    """
    try:
        process = psutil.Process(state.pid)
        same = f"--home-dir={home.server}" in process.cmdline()
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def free_port(preferred: int, default: int) -> int:
    """`preferred` if nobody listens there, else the first free port from `default` on."""
    port: int
    for port in (preferred, *range(default, default + 200)):
        with socket.socket() as probe:
            # Neo4j sets the same option, so a port that only waits for old connections to fade is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise EmbeddedServerFailed(f"No free port between {default} and {default + 199} on 127.0.0.1.")


def port_answers(port: int) -> bool:
    """Does anybody take connections on `port` of this machine?"""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def telling_line(lines: list[str]) -> str:
    """The most telling line of a log: the last that speaks of an error, else the last."""
    telling = [line for line in lines if "ERROR" in line or "Caused by" in line or "Exception" in line]
    return (telling or lines or ["it printed nothing."])[-1].strip()
