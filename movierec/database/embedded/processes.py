"""What the operating system knows of a server: its process, its ports, what it printed."""

from __future__ import annotations

import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from movierec.errors import EmbeddedServerFailed
from movierec.home import Home, State

__all__ = [
    "has_ended",
    "is_free",
    "listens",
    "live_process",
    "most_informative_line",
    "reap_children",
    "remember_child",
    "reserved_port",
]

N_PORTS = 200  # that are tried

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


def has_ended(process: psutil.Process, seconds: float) -> bool:
    """Has the process ended, or does it within so many seconds? One whose parent has not asked for it counts as
    ended, when none of its threads is left: the parent may be a notebook that started the server.
    """
    deadline = time.monotonic() + seconds
    while True:
        reap_children()
        try:
            is_dead = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
            if is_dead or not process.is_running():
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


@contextmanager
def reserved_port(folder: Path, preferred: int, default: int, shuffled: bool = False) -> Iterator[int]:
    """`preferred` if it is free, else the first free port of the N_PORTS from `default` on.

    While the block lasts no other start that reserves its ports in `folder` gets the same one. That does
    not keep out other programs, so the listener has to be verified afterwards (`listens`). `shuffled`
    tries the range in random order: for a start that lost a race, and should not meet its rivals again.
    """
    ports = list(range(default, default + N_PORTS))
    if shuffled:
        random.shuffle(ports)
    folder.mkdir(parents=True, exist_ok=True)
    for port in (preferred, *ports):
        lock = FileLock(folder / f"{port}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        try:
            if not is_free(port):
                continue
            yield port
            return
        finally:
            lock.release()
    raise EmbeddedServerFailed(f"No free port between {default} and {default + N_PORTS - 1} on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Can a server listen on `port` of this machine?"""
    with socket.socket() as probe:
        # Neo4j sets the same option, so a port that only waits for old connections to fade is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def listens(process: psutil.Process, port: int) -> bool:
    """Does this very process listen on `port`? Another server that took the port first is not taken for it."""
    try:
        connections = process.net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def most_informative_line(lines: list[str]) -> str:
    """The most informative line of a log: the last that mentions an error, else the last."""
    telling = [line for line in lines if "ERROR" in line or "Caused by" in line or "Exception" in line]
    return (telling or lines or ["it printed nothing."])[-1].strip()
