"""A standalone Spark cluster on this machine's loopback: a master and workers, each a process of its own.

    python -m scripts.spark_cluster                                     # until Ctrl-C; prints the master's address
    python -m scripts.spark_cluster --workers 2 -- movierec derive --engine spark

The command after `--` runs with MOVIEREC_SPARK_MASTER set, and the cluster ends with it. Ports are chosen free. It
needs what `movierec derive --engine spark` needs: the extra `spark`, and Java 17 or 21.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from movierec.errors import MovieRecError
from movierec.graph.spark.session import check_java

LOOPBACK = "127.0.0.1"
ARGUMENTS = ["--host", LOOPBACK, "--port", "0", "--webui-port", "0"]  # ports that are free
START_SECONDS = 120


class SparkCluster:
    """A running master, and workers that are started one by one. `folder` has logs and what Spark spills."""

    def __init__(self, folder: Path, cores: int = 1, memory: str = "1g") -> None:
        self.folder = folder
        self.resources = ["--cores", str(cores), "--memory", memory]
        self.master = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._ends = ExitStack()

    def start_master(self) -> None:
        master, log = self._started("master", ["org.apache.spark.deploy.master.Master", *ARGUMENTS])
        self.master = _said(master, log, r"Starting Spark master at (spark://\S+)")
        _said(master, log, "New state: ALIVE")

    def start_worker(self) -> None:
        name = f"worker-{len(self.workers)}"
        own = [*ARGUMENTS, *self.resources, "-d", str(self.folder / name)]
        worker, log = self._started(name, ["org.apache.spark.deploy.worker.Worker", *own, self.master])
        _said(worker, log, "Successfully registered with master")
        self.workers.append(worker)

    def stop(self) -> None:
        self._ends.close()

    def _started(self, name: str, command: Sequence[str]) -> tuple[subprocess.Popen[bytes], Path]:
        """A process that ends with the cluster, and its log."""
        import pyspark

        home = Path(pyspark.__file__).parent
        folder = self.folder / name
        folder.mkdir(parents=True)
        log = folder / "log"
        env = os.environ | {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_DIRS": str(folder),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "256m",
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                [home / "bin" / "spark-class", *command],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self._ends.callback(_end, process)
        return process, log


@contextmanager
def spark_cluster(folder: Path, n_workers: int = 2, cores: int = 1, memory: str = "1g") -> Iterator[SparkCluster]:
    """A master and workers of `cores` and `memory` each."""
    check_java(os.environ)
    cluster = SparkCluster(folder, cores, memory)
    try:
        cluster.start_master()
        for _ in range(n_workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.stop()


def _said(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """What the first group of `pattern` (or all of it) is in the log, as soon as it is there."""
    deadline = time.monotonic() + START_SECONDS
    while (match := re.search(pattern, log.read_text(errors="replace"))) is None:
        if time.monotonic() > deadline or process.poll() is not None:
            raise MovieRecError(f"Spark did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)
    return match[match.re.groups]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.spark_cluster", description=__doc__.split("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="1g", help="of each worker")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- and a command to run on it")
    asked = parser.parse_args()
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    with (
        tempfile.TemporaryDirectory(prefix="spark-cluster-") as folder,
        spark_cluster(Path(folder), asked.workers, asked.cores, asked.memory) as cluster,
    ):
        if command:
            done = subprocess.run(command, env=os.environ | {"MOVIEREC_SPARK_MASTER": cluster.master}, check=False)
            sys.exit(done.returncode)
        print(cluster.master, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
