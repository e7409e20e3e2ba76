"""A Spark session, one that this process has or one that is started; jobs with progress; errors in a line.

A session is started in a Java of its own, whose messages go to a file instead of the terminal. Java ends with
this process, however that ends.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
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
    running = SparkContext._active_spark_context  # whichever thread started it
    if running is not None:
        if master is not None and master != running.master:
            raise BadRequest(
                f"This process has a SparkSession of {running.master}; stop it, or do not name {master}."
            )
        yield SparkSession(running)
        return
    check_java(os.environ)
    with thread_pool(1, "spark") as pool:
        context = pool.submit(_started, master or LOCAL, folder).result().sparkContext
    session = SparkSession(context)  # the same, for this thread
    try:
        yield session
    finally:
        gateway = SparkContext._gateway
        if has_hung_up() and gateway is not None:
            gateway.proc.kill()  # a person waits; a cluster notices that the connection is gone
        else:
            session.stop()


def run_job(session: SparkSession, work: Callable[[], None], title: str, progress: Progress) -> None:
    """Do `work`, which runs Spark jobs; progress in Spark's tasks, whose total shows late.

    All that waits for Java is done in other threads, so that Ctrl-C finds this one waiting for nothing else.
    Raises MovieRecError where Spark fails, or has had no worker for two minutes.
    """
    context = session.sparkContext
    try:
        with progress(title, None, "tasks") as advance, thread_pool(2, "spark") as pool:
            job = pool.submit(_in_group, context, work)
            done, last_worker = 0, time.monotonic()
            while not wait([job], POLL).done:
                finished, note, has_worker = pool.submit(_state, context).result()
                advance(max(0, finished - done), note)
                done = max(done, finished)
                if has_worker:
                    last_worker = time.monotonic()
                elif time.monotonic() - last_worker > WITHOUT_WORKERS:
                    while not wait([job], POLL).done:  # one job may follow another
                        pool.submit(context.cancelJobGroup, GROUP).result()
                    raise MovieRecError(
                        f"{context.master} has had no worker for this job for {WITHOUT_WORKERS:.0f} seconds. "
                        "Start workers, or ask for no more memory and cores than they have (spark-defaults.conf)."
                    )
            job.result()
    except KeyboardInterrupt:
        if not has_hung_up():
            context.cancelJobGroup(GROUP)
        raise
    except (Py4JError, PySparkException) as error:
        raise MovieRecError(f"Spark failed: {_said(error)}") from error


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
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # what it logs is raised too
    try:
        with log.open("ab") as said, warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of versions of pandas, which is not used here
            # What is no longer used by a session before is used again: a process has one Java for Spark.
            launch: Any = launch_gateway
            gateway = SparkContext._gateway or launch(conf, {"stdout": said, "stderr": said})
            return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (Py4JError, PySparkException) as error:
        raise MovieRecError(
            f"Spark did not start with the master {master}: {_reason(log) or _said(error)}"
        ) from error


def _in_group(context: SparkContext, work: Callable[[], None]) -> None:
    context.setJobGroup(GROUP, "movierec derive")
    work()


def _state(context: SparkContext) -> tuple[int, str, bool]:
    """Tasks that are done, of all stages; a note on those that run; whether there is a worker."""
    tracker = context.statusTracker()
    jobs = [found for job in tracker.getJobIdsForGroup(GROUP) if (found := tracker.getJobInfo(job)) is not None]
    stages = {stage for job in jobs for stage in job.stageIds}
    infos = [info for stage in stages if (info := tracker.getStageInfo(stage)) is not None]
    active = [info for info in infos if info.numActiveTasks]
    note = f"{sum(i.numCompletedTasks for i in active)} of {sum(i.numTasks for i in active)} of this step"
    # The driver is one of these, which on this machine is the worker.
    n_executors = context._jsc.sc().getExecutorMemoryStatus().size()
    has_worker = str(context.master).startswith("local") or n_executors > 1
    return sum(info.numCompletedTasks for info in infos), note if active else "", has_worker


def _said(error: Exception) -> str:
    """The first line of what was the matter in the end."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        text = str(cause.toString())
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def _reason(log: Path) -> str:
    """The last error in Java's log, without its time and place."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if " ERROR " in line or line.startswith("java.lang.")]
    return errors[-1].split(": ", 1)[-1] if errors else ""
