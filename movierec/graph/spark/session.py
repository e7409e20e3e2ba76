"""A Spark session, one that this process has or one that is started; jobs with progress; errors in a line.

A session is started in a Java of its own, whose messages go to a file instead of the terminal. Java ends with
this process, however that ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from movierec.database.embedded.java import java_release
from movierec.database.interrupt import has_hung_up
from movierec.errors import BadRequest, EmbeddedServerFailed, MovieRecError
from movierec.progress import Progress
from movierec.thread_pool import thread_pool

__all__ = ["check_java", "run_job", "spark_session"]

LOCAL = "local[*]"
OLDEST_JAVA = 17
MOST_DRIVER_GB = 8
WITHOUT_WORKERS = 120.0  # seconds after which a job is given up
POLL = 0.2  # seconds
GROUP = "movierec"  # of jobs


def check_java(env: Mapping[str, str]) -> None:
    """Raises MovieRecError unless Spark will find a Java that it runs on, as it looks for one."""
    home = env.get("JAVA_HOME")
    java, origin = (f"{home}/bin/java", "JAVA_HOME") if home else (shutil.which("java"), "the PATH")
    found = "there is none"
    if java is not None:
        try:
            release = java_release(Path(java), origin)
        except EmbeddedServerFailed as error:
            raise MovieRecError(str(error)) from error
        if release >= OLDEST_JAVA:
            return
        found = f"{java} (from {origin}) is Java {release}"
    # That of the embedded server lacks the module jdk.incubator.vector, without which Spark does not start.
    raise MovieRecError(
        f"Spark needs Java 17 or 21, but {found}. Install one, such as openjdk-17-jre-headless, and set JAVA_HOME "
        "where it is not in the PATH; the Java of the embedded server is too small."
    )


@contextmanager
def spark_session(master: str | None, folder: Path) -> Iterator[SparkSession]:
    """The session that this process has, which is left running; else a new one, stopped at the end.

    `folder` is for what Spark says, and for what a master of this machine spills. Raises BadRequest where the
    session that is there has another master, and MovieRecError where none can be started.
    """
    running = SparkSession.getActiveSession()
    if running is not None:
        its = str(running.sparkContext.master)
        if master is not None and master != its:
            raise BadRequest(
                f"This process has a SparkSession of {its}; stop it, or leave out the master {master}."
            )
        yield running
        return
    check_java(os.environ)
    session = _started(master or LOCAL, folder)
    try:
        yield session
    finally:
        gateway = SparkContext._gateway
        if has_hung_up() and gateway is not None:
            gateway.proc.kill()  # a person waits; a cluster notices that the connection is gone
        else:
            session.stop()


def run_job(session: SparkSession, work: Callable[[], None], title: str, progress: Progress) -> None:
    """Do `work`, which runs Spark jobs, in a thread of its own; progress in Spark's tasks, whose total shows late.

    Raises MovieRecError where Spark fails, or has had no worker for two minutes.
    """
    context = session.sparkContext
    with progress(title, None, "tasks") as advance, thread_pool(1, "spark") as pool:
        future = pool.submit(_in_group, context, work)
        done, last_worker = 0, time.monotonic()
        try:
            while not future.done():
                time.sleep(POLL)
                finished, note = _tasks(context)
                advance(max(0, finished - done), note)
                done = max(done, finished)
                if _has_worker(context):
                    last_worker = time.monotonic()
                elif time.monotonic() - last_worker > WITHOUT_WORKERS:
                    raise MovieRecError(
                        f"{context.master} has had no worker for this job for {WITHOUT_WORKERS:.0f} seconds. "
                        "Start workers, or ask for no more memory and cores than they have (spark-defaults.conf)."
                    )
            future.result()
        except BaseException as error:
            _cancel(context)
            if isinstance(error, (Py4JError, PySparkException)):
                raise MovieRecError(f"Spark failed: {_said(error)}") from error
            raise


def _started(master: str, folder: Path) -> SparkSession:
    conf = SparkConf().setMaster(master).setAppName("movierec derive")
    conf.set("spark.ui.showConsoleProgress", "false")
    if master.startswith("local"):
        memory = psutil.virtual_memory().available // 2**30 // 4
        conf.set("spark.driver.memory", f"{min(max(1, memory), MOST_DRIVER_GB)}g")
        conf.set("spark.local.dir", str(folder / "spilled"))
        conf.set("spark.ui.enabled", "false")
    if master.startswith("local") or "//127.0.0.1" in master:
        conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
    log = folder / "spark.log"
    handler = signal.getsignal(signal.SIGINT)
    try:
        with log.open("ab") as said, warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of versions of pandas, which is not used here
            # What is no longer used by a session before is used again: a process has one Java for Spark.
            launch: Any = launch_gateway
            gateway = SparkContext._gateway or launch(conf, {"stdout": said, "stderr": said})
            return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (Py4JError, PySparkException) as error:
        raise MovieRecError(f"No Spark at {master}: {_said(error)}. {_last_line(log)}") from error
    finally:
        # Spark's own handler of Ctrl-C asks Java first.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


def _in_group(context: SparkContext, work: Callable[[], None]) -> None:
    context.setJobGroup(GROUP, "movierec derive")
    work()


def _tasks(context: SparkContext) -> tuple[int, str]:
    """Tasks that are done, of all stages, and a note on those that run."""
    tracker = context.statusTracker()
    stages = {
        stage for job in tracker.getJobIdsForGroup(GROUP) if (i := tracker.getJobInfo(job)) for stage in i.stageIds
    }
    infos = [info for stage in stages if (info := tracker.getStageInfo(stage)) is not None]
    active = [info for info in infos if info.numActiveTasks]
    note = f"{sum(i.numCompletedTasks for i in active)} of {sum(i.numTasks for i in active)} of this step"
    return sum(info.numCompletedTasks for info in infos), note if active else ""


def _has_worker(context: SparkContext) -> bool:
    if str(context.master).startswith("local"):
        return True
    # The driver itself is one of these.
    return bool(context._jsc.sc().getExecutorMemoryStatus().size() > 1)


def _cancel(context: SparkContext) -> None:
    try:
        context.cancelJobGroup(GROUP)
    except Py4JError:
        return  # Java itself is gone


def _said(error: Exception) -> str:
    """The first line of what was the matter in the end."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        text = str(cause.toString())
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
