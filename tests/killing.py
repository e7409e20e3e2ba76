"""Kill processes: a training while it writes checkpoints, and what writes to a database after some commit."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from movierec.database.settings import ConnectionSettings
from tests.proxy import BoltProxy

ROOT = Path(__file__).parents[1]

# A checkpoint after every step, so that kills meet it being written.
SAYING = """
import sys
from pathlib import Path
from movierec.embedding import train
from movierec.training.checkpoint import Checkpoint
from movierec.rating_prediction import train as train_of_stars

save = Checkpoint.save

def save_and_say(*arguments):
    print("saving", flush=True)
    save(*arguments)

Checkpoint.save = save_and_say
train.CHECKPOINT_SECONDS = train_of_stars.CHECKPOINT_SECONDS = 0.0
FOLDER = Path(sys.argv[1])
"""


def start(training: str, folder: Path) -> subprocess.Popen[str]:
    """A process that says when it saves, and in the end what `training` prints."""
    command = [sys.executable, "-c", SAYING + training, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_at_commit(
    script: str,
    server: ConnectionSettings,
    at_commit: int,
    *,
    within: float = 120,
    before: Callable[[int], object] = lambda pid: None,
) -> None:
    """Run a script, which finds the server in URI, NAME and PASSWORD, and end it by SIGKILL at one of its commits.

    The server commits, but its answer does not reach the script. `before` gets the process id first; all must
    happen `within` so many seconds.
    """
    started: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        before(started[0].pid)
        started[0].kill()

    port = int(server.uri.rsplit(":", 1)[1].rstrip("/"))
    with BoltProxy(port, at_commit, "commit unanswered", kill) as proxy:
        env = os.environ | {
            "URI": f"bolt://127.0.0.1:{proxy.port}",
            "NAME": server.username,
            "PASSWORD": server.password,
        }
        started.append(subprocess.Popen([sys.executable, "-c", script], env=env))
        assert started[0].wait(within) == -signal.SIGKILL


def kill_while_it_saves(training: str, folder: Path, saves: Iterable[int]) -> None:
    """Start it again and again, and end it by SIGKILL each time, after so many checkpoints and a moment."""
    for n_saves in saves:
        process = start(training, folder)
        assert process.stdout is not None
        for _ in range(n_saves):
            assert process.stdout.readline() == "saving\n"
        time.sleep(random.uniform(0.0, 0.005))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()


def last_line(training: str, folder: Path) -> str:
    """What it prints at the end, when nothing disturbs it."""
    said, _ = start(training, folder).communicate()
    return said.splitlines()[-1]
