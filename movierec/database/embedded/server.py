"""Start, find and stop the embedded server.

`EmbeddedServer(home).start()` is safe to call at any time: a running server is found, a crashed one is
started again on the same data, and of two processes that call it together one starts and both get it.
The server listens on loopback only, on 7687 (Bolt) and 7474 (Browser) or the next free ports, and keeps
its ports from start to start while they are free. A port is free until somebody listens there, so another
program can be quicker; the start notices that the listener is not its own process, and takes other ports.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

from movierec.database.connection import Database
from movierec.database.embedded.artifacts import Lock, fetch_jars, load_lock, locked_version
from movierec.database.embedded.java import find_java
from movierec.database.embedded.memory import (
    ServerMemory,
    available_bytes,
    check_size,
    choose_memory,
    in_bytes,
    in_words,
    store_bytes,
)
from movierec.database.embedded.processes import (
    has_ended,
    is_free,
    listens,
    live_process,
    most_informative_line,
    reap_children,
    remember_child,
    reserved_port,
)
from movierec.database.query_files import load_query
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, EmbeddedServerFailed, NoConnection, WrongPassword
from movierec.home import Home, State, cache_folder, replace_file
from movierec.progress import Progress, silent

__all__ = ["DEFAULT_VERSION", "EmbeddedServer"]

_log = logging.getLogger(__name__)

DEFAULT_VERSION = "5.26.31"  # the long-term support line
AUTO = "auto"  # as a size: what fits the store and the machine
BOLT_PORT, HTTP_PORT = 7687, 7474
START_ATTEMPTS = 8  # with other ports, as long as another program is quicker
START_SECONDS = 300  # 5 s on an idle laptop; a loaded two-core machine has been seen to need 60
GIVE_UP_SECONDS = 30  # that Neo4j has to end by itself once it could not listen; it takes about 10
STOP_SECONDS = 90  # a checkpoint of the store comes first
MIN_FREE_BYTES = 500 * 2**20  # an empty store with its transaction logs takes about 260 MB

ADMIN_TOOL = "org.neo4j.cli.AdminTool"
STORE_PARTS = ("databases/neo4j", "transactions/neo4j")  # of the one database that is not the system's
COMPLETE = "complete"
JAVA_OPENS = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.lang", "java.io", "java.nio", "sun.nio.ch")]


class EmbeddedServer:
    """The server of one home. `version` None means: the one this home was made with, else the default."""

    def __init__(self, home: Home, env: Mapping[str, str], version: str | None = None) -> None:
        self.home = home
        self.env = env
        self.version = version

    def running(self) -> State | None:
        """The state of the server if its process lives, else None. Asks nothing of the server."""
        state = self.home.state()
        return state if state is not None and live_process(state, self.home) is not None else None

    def ended_unexpectedly(self) -> bool:
        """Was it started and not stopped, but lives no more?"""
        return self.home.state() is not None and self.running() is None and not self.home.was_stopped()

    def settings(self) -> ConnectionSettings:
        """How to connect to it; it must have been started."""
        state, password = self.home.state(), self.home.password()
        if state is not None and password is None:
            raise EmbeddedServerFailed(
                f'{self.home.password_file} is missing. Put it back, or run "movierec server reset-password".'
            )
        if state is None or password is None:
            raise EmbeddedServerFailed(
                f'The embedded server of {self.home.folder} was never started. Run "movierec server start".'
            )
        uri = f"bolt://127.0.0.1:{state.bolt_port}"
        return ConnectionSettings(uri, "neo4j", password, embedded_home=self.home.folder)

    def start(
        self, heap: str | None = None, progress: Progress = silent, *, page_cache: str | None = None
    ) -> State:
        """Make sure that the server runs and answers; returns where.

        `heap` and `page_cache`, such as "2g", are kept for later starts; None means the size that was given last,
        and "auto", or if none was given, what fits the store and the machine (`memory.py`).

        Raises EmbeddedServerFailed when it cannot be fetched or started, with what to do about it.
        """
        asked = {"heap": heap, "page cache": page_cache}
        for name, size in asked.items():
            if size not in (None, AUTO):
                check_size(name, size)
        state = self._found(asked)
        if state is not None:
            return state
        try:
            self.home.server.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedServerFailed(
                f"Cannot make {self.home.server}: {error.strerror}. Set MOVIEREC_HOME to a folder of your own."
            ) from error
        with FileLock(self.home.folder / "start.lock"):
            self._kill_open_server()  # of a reset that was killed
            state = self._found(asked)  # another process may have started it while this one waited
            if state is not None:
                return state
            return self._start(asked, progress)

    def stop(self) -> bool:
        """End the server cleanly; False when it was not running."""
        state = self.home.state()
        process = live_process(state, self.home) if state is not None else None
        if process is None:
            return False
        process.terminate()
        if not has_ended(process, STOP_SECONDS):
            raise EmbeddedServerFailed(
                f"The embedded server (process {process.pid}) did not end within {STOP_SECONDS} s; "
                f"see {self.home.console_log}."
            )
        reap_children()
        self.home.stopped_mark.touch()
        return True

    def reset_password(self, progress: Progress = silent) -> State:
        """Give the user neo4j a new random password, for when the password file is lost or no longer fits.

        As Neo4j's manual has it: the server runs for a moment without authentication, on loopback only, and is
        started again with it. Raises EmbeddedServerFailed when there is no store, or the server does not start.
        """
        if not self._has_store():
            raise EmbeddedServerFailed(
                f'The embedded server of {self.home.folder} was never started. Run "movierec server start".'
            )
        with FileLock(self.home.folder / "start.lock"):
            self.stop()
            draft = self.home.draft_password()
            password = draft.read_text().strip()
            try:
                state = self._start({}, progress, authenticates=False)
                with Database(self._open_settings(state, "system")) as database:
                    database.run_batches(load_query("embedded/set_password"), password=password)
                draft.replace(self.home.password_file)
            finally:
                self._kill_open_server()
        return self.start(progress=progress)

    def outgrown_memory(self) -> str:
        """What to do where the store is larger than the page cache that was chosen for it; else an empty text."""
        state = self.running()
        if state is None or state.given_page_cache:
            return ""
        size = store_bytes(self.home.data)
        chosen = choose_memory(size, available_bytes(), heap=state.given_heap)
        if size <= in_bytes(state.page_cache) or in_bytes(chosen.page_cache) <= in_bytes(state.page_cache):
            return ""
        return (
            f"The store has grown to {in_words(size)}, beyond the server's page cache of {state.page_cache}. "
            'Run "movierec server stop": the next start chooses anew.'
        )

    def admin_command(self, *java_options: str) -> list[str]:
        """The beginning of a command line that runs Neo4j's admin tool, of the version that the server has."""
        java = self._java_command(load_lock(self._version(self.home.state())), silent)
        return [*java, *java_options, ADMIN_TOOL]

    def admin_env(self, configuration: Path) -> dict[str, str]:
        """The environment of the admin tool, which reads the neo4j.conf in the folder `configuration`."""
        return {**self.env, "NEO4J_HOME": str(self.home.server), "NEO4J_CONF": str(configuration)}

    def take_imported_store(self, progress: Progress = silent) -> State:
        """Put the store in `home.imports` in the place of the database, which has to be empty, and start on it.

        From the moment at which the mark "complete" is there, whoever starts the server next ends what was begun.
        Other connections to the server are cut.
        """
        with FileLock(self.home.folder / "start.lock"):
            self.stop()
            replace_file(self.home.imports / COMPLETE, "")
            return self._start({}, progress)

    def _take_imported_store(self) -> None:
        """Replace the database by a store that was imported whole; every step of it can be done again."""
        imports = self.home.imports
        if not (imports / COMPLETE).exists():
            return
        for part in STORE_PARTS:
            old, new = self.home.data / part, imports / "data" / part
            if new.is_dir():
                if old.exists():
                    shutil.rmtree(old)
                new.rename(old)
        (imports / COMPLETE).unlink()
        shutil.rmtree(imports, ignore_errors=True)

    def discard(self) -> None:
        """End the server at once and delete its home: for one whose data nobody wants any more."""
        state = self.home.state()
        process = live_process(state, self.home) if state is not None else None
        if process is not None:
            process.kill()
            has_ended(process, STOP_SECONDS)
            reap_children()
        shutil.rmtree(self.home.folder)

    def log_tail(self, n_lines: int) -> list[str]:
        """The last lines the server printed."""
        if not self.home.console_log.exists():
            return []
        return self.home.console_log.read_text(errors="replace").splitlines()[-n_lines:]

    def _found(self, asked: Mapping[str, str | None]) -> State | None:
        state = self.running()
        if state is None or not state.authenticates:
            return None  # one without a password is a reset's, which the lock is waited for
        if self.version not in (None, state.neo4j):
            raise BadRequest(
                f"The embedded server of {self.home.folder} is Neo4j {state.neo4j}, not {self.version}; "
                "its data cannot change line. Set MOVIEREC_HOME to another folder for another version."
            )
        now = {"heap": (state.heap, state.given_heap), "page cache": (state.page_cache, state.given_page_cache)}
        for name, size in asked.items():
            in_force, given = now[name]
            if size not in (None, in_force if size != AUTO or given else AUTO):
                raise BadRequest(
                    f"The embedded server runs with a {name} of {in_force}, not {size}. "
                    'Run "movierec server stop" first.'
                )
        self._wait_until_it_answers(state)
        return state

    def _kill_open_server(self) -> None:
        """End a server that asks for no password, at once: what a reset of the password has started."""
        state = self.running()
        if state is None or state.authenticates:
            return
        process = live_process(state, self.home)
        if process is not None:
            process.kill()
            has_ended(process, STOP_SECONDS)
            reap_children()

    def _open_settings(self, state: State, database: str | None = None) -> ConnectionSettings:
        """How to connect while it asks for no password."""
        return ConnectionSettings(f"bolt://127.0.0.1:{state.bolt_port}", "neo4j", "none", database)

    def _has_store(self) -> bool:
        """Was there a first start, whose store knows its password?"""
        return (self.home.data / "databases").is_dir()

    def _start(self, asked: Mapping[str, str | None], progress: Progress, *, authenticates: bool = True) -> State:
        if authenticates and self.home.password() is None and self._has_store():
            raise EmbeddedServerFailed(
                f"{self.home.password_file} is missing, but the store of {self.home.data} knows a password. Put "
                'it back, or run "movierec server reset-password".'
            )
        self._take_imported_store()
        last = self.home.state()
        if last is not None and self.version not in (None, last.neo4j, locked_version(last.neo4j)):
            raise BadRequest(
                f"{self.home.folder} holds data of Neo4j {last.neo4j}, not {self.version}. "
                "Set MOVIEREC_HOME to another folder for another version."
            )
        lock = load_lock(self._version(last))
        command = self._java_command(lock, progress)
        free = shutil.disk_usage(self.home.server).free
        if free < MIN_FREE_BYTES:
            raise EmbeddedServerFailed(
                f"{self.home.server} has {free // 2**20} MB free; the server needs {MIN_FREE_BYTES // 2**20} MB. "
                "Make room, or set MOVIEREC_HOME to a folder on another disk."
            )
        attempt = 1
        while True:
            try:
                return self._launch(
                    lock, command, asked, last, progress, other_ports=attempt > 1, authenticates=authenticates
                )
            except _PortTaken as error:
                if attempt == START_ATTEMPTS:
                    raise
                _log.info("%s Trying other ports.", error)
            attempt += 1

    def _version(self, last: State | None) -> str:
        return self.version or (locked_version(last.neo4j) if last else DEFAULT_VERSION)

    def _java_command(self, lock: Lock, progress: Progress) -> list[str]:
        """Java with the jars of one version, which are fetched if need be."""
        java = find_java(lock, self.env)
        jars = fetch_jars(lock, cache_folder(self.env) / "maven", progress)
        return [str(java), "-cp", os.pathsep.join(map(str, jars)), *JAVA_OPENS]

    def _launch(
        self,
        lock: Lock,
        command: list[str],
        asked: Mapping[str, str | None],
        last: State | None,
        progress: Progress,
        *,
        other_ports: bool,
        authenticates: bool,
    ) -> State:
        """Choose memory and ports, configure and run the server; returns when it answers."""
        heap = _kept(asked.get("heap"), last.given_heap if last else None)
        page_cache = _kept(asked.get("page cache"), last.given_page_cache if last else None)
        memory = choose_memory(store_bytes(self.home.data), available_bytes(), heap=heap, page_cache=page_cache)
        if authenticates and self.home.password() is None:
            self._configure(BOLT_PORT, HTTP_PORT, memory)
            self._set_first_password(command)
        reserved = cache_folder(self.env) / "ports"
        with (
            reserved_port(reserved, last.bolt_port if last else BOLT_PORT, BOLT_PORT, other_ports) as bolt_port,
            reserved_port(reserved, last.http_port if last else HTTP_PORT, HTTP_PORT, other_ports) as http_port,
        ):
            self._configure(bolt_port, http_port, memory, authenticates)
            _log.info("starting Neo4j %s on port %d", lock.neo4j, bolt_port)
            process = self._run(lock, command, memory.heap)
            state = State(
                pid=process.pid,
                bolt_port=bolt_port,
                http_port=http_port,
                neo4j=lock.neo4j,
                heap=memory.heap,
                page_cache=memory.page_cache,
                given_heap=heap,
                given_page_cache=page_cache,
                memory_reason=memory.reason,
                authenticates=authenticates,
            )
            self.home.write_state(state)
            with progress(f"start Neo4j {lock.neo4j}", None, ""):
                self._wait_until_it_answers(state, process, authenticates)
            return state

    def _run(self, lock: Lock, command: list[str], heap: str) -> subprocess.Popen[bytes]:
        """The server as a process, just started."""
        with self.home.console_log.open("wb") as console:
            process = subprocess.Popen(
                [
                    *command,
                    f"-Xmx{heap}",
                    "-XX:+UseParallelGC",  # loads faster than G1, whose threads compete for few cores
                    "-XX:+ExitOnOutOfMemoryError",
                    "-Dlog4j2.disable.jmx=true",
                    lock.main_class,
                    f"--home-dir={self.home.server}",
                    f"--config-dir={self.home.configuration.parent}",
                    "--console-mode",
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is meant for movierec, not for the server
            )
        remember_child(process)
        self.home.stopped_mark.unlink(missing_ok=True)
        return process

    def _configure(self, bolt_port: int, http_port: int, memory: ServerMemory, authenticates: bool = True) -> None:
        self.home.configuration.parent.mkdir(parents=True, exist_ok=True)
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{bolt_port}",
            "server.http.listen_address": f"127.0.0.1:{http_port}",
            # Without a password not even a page in a browser on this machine may ask it anything.
            "server.http.enabled": str(authenticates).lower(),
            "server.https.enabled": "false",
            "server.directories.data": str(self.home.data),
            "server.memory.heap.max_size": memory.heap,
            "server.memory.pagecache.size": memory.page_cache,
            "dbms.security.auth_enabled": str(authenticates).lower(),
            "dbms.usage_report.enabled": "false",
            # Two stores of the default 256 MB of transaction log would be the largest files here.
            "db.tx_log.rotation.retention_policy": "1 files",
            "db.tx_log.rotation.size": "64m",
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        self.home.configuration.write_text("# Written by movierec at every start.\n" + lines)

    def _set_first_password(self, command: list[str]) -> None:
        """Neo4j's own tool sets the password; it reads it from a file, so that no process list shows it.

        The file becomes the password file only when that has worked: a start that is interrupted here is
        begun anew by the next one.
        """
        draft = self.home.draft_password()
        tool = [
            *command,
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            ADMIN_TOOL,
            "dbms",
            "set-initial-password",
            f"@{draft}",
        ]
        try:
            answer = subprocess.run(
                tool,
                env=self.admin_env(self.home.configuration.parent),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedServerFailed(
                f"Neo4j's admin tool did not set the password within {START_SECONDS} s. Run the command again."
            ) from error
        if answer.returncode != 0:
            said = most_informative_line((answer.stdout + answer.stderr).splitlines())
            raise EmbeddedServerFailed(f"Neo4j's admin tool could not set the password: {said}")
        draft.replace(self.home.password_file)

    def _wait_until_it_answers(
        self, state: State, process: subprocess.Popen[bytes] | None = None, authenticates: bool = True
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        settings = self.settings() if authenticates else self._open_settings(state)
        while True:
            refused: NoConnection | None = None
            # poll() also takes the dead child off the process table, so that live_process sees it gone.
            ended = process is not None and process.poll() is not None
            live = None if ended else live_process(state, self.home)
            if live is not None and process is not None and _could_not_listen(self.log_tail(200)):
                if not has_ended(live, GIVE_UP_SECONDS):
                    process.kill()
                    process.wait()
                live = None
            if live is None:
                log = self.log_tail(200)
                said = f"{most_informative_line(log)} The whole log: {self.home.console_log}."
                # Ending takes Neo4j seconds, in which the other program may have released the port.
                if _could_not_listen(log) or not (is_free(state.bolt_port) and is_free(state.http_port)):
                    raise _PortTaken(
                        f"Neo4j ended while starting, as another program listens on port {state.bolt_port} or "
                        f"{state.http_port} of 127.0.0.1: {said}"
                    )
                raise EmbeddedServerFailed(f"Neo4j ended while starting: {said}")
            # Browser's port opens after Bolt's.
            if listens(live, state.bolt_port) and (not authenticates or listens(live, state.http_port)):
                try:
                    with Database(settings):
                        return
                except WrongPassword as error:
                    raise WrongPassword(
                        f"The embedded server refused the password in {self.home.password_file}. If it was "
                        'changed in Neo4j, put the new one there; or run "movierec server reset-password".'
                    ) from error
                except NoConnection as error:
                    # The port opens a moment before the server takes sessions.
                    refused = error
            if time.monotonic() > deadline:
                raise EmbeddedServerFailed(
                    f"Neo4j (process {state.pid}) did not answer on port {state.bolt_port} within "
                    f"{START_SECONDS} s; see {self.home.console_log}."
                ) from refused
            time.sleep(0.2)


def _could_not_listen(log: list[str]) -> bool:
    """Does the server's log say that another program listens on one of its ports?"""
    return any("Address already in use" in line or "BindException" in line for line in log)


def _kept(asked: str | None, given: str | None) -> str | None:
    """The size to start with: what is asked for now, else what was given last; None: to be chosen."""
    return None if asked == AUTO else asked or given


class _PortTaken(EmbeddedServerFailed):
    """Another program was quicker to listen on a port that was free."""
