"""The life of real embedded servers: started, found, killed, restarted, side by side."""

import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from movierec.database.connection import Database
from movierec.database.embedded.processes import reserved_port
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, EmbeddedServerFailed, WrongPassword
from movierec.home import Home, cache_folder
from tests.conftest import THREE_USERS

pytestmark = [pytest.mark.embedded, pytest.mark.neo4j]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Home(tmp_path_factory.mktemp("embedded") / "home"), dict(os.environ))
    server.start(heap="512m")
    yield server
    server.discard()


def n_users(server: EmbeddedServer) -> int:
    with Database(server.settings()) as database:
        return int(database.read_one(load_query("doctor/counts"))["users"])


def test_listens_on_loopback_only(running: EmbeddedServer) -> None:
    state = running.running()
    assert state is not None
    addresses = {
        connection.laddr.ip.removeprefix("::ffff:")
        for connection in psutil.Process(state.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_password_is_random_private_and_needed(running: EmbeddedServer) -> None:
    path = running.home.password_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    password = running.home.password()
    assert password is not None
    assert len(password) >= 20
    state = running.running()
    assert state is not None
    assert password not in " ".join(psutil.Process(state.pid).cmdline())
    settings = running.settings()
    wrong = type(settings)(settings.uri, "neo4j", "neo4j")
    with pytest.raises(WrongPassword), Database(wrong):
        pass


def test_neo4j_browser_is_served(running: EmbeddedServer) -> None:
    state = running.running()
    assert state is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{state.http_port}/browser/") as answer:
        assert b"<html" in answer.read().lower()


def test_second_start_finds_the_first(running: EmbeddedServer) -> None:
    first = running.running()
    assert EmbeddedServer(running.home, dict(os.environ)).start() == first


def test_two_processes_starting_together_get_one_server(tmp_path: Path) -> None:
    env = dict(os.environ) | {"MOVIEREC_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "movierec", "server", "start", "--heap", "512m", "--format", "json"]
    try:
        both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        answers = [process.communicate(timeout=300)[0] for process in both]
        assert answers[0] == answers[1]
        assert '"running": true' in answers[0]
    finally:
        EmbeddedServer(Home(tmp_path / "home"), env).discard()


@pytest.mark.slow
@pytest.mark.parametrize("caches", ["one cache", "caches of their own"])
def test_two_homes_starting_together_get_ports_of_their_own(tmp_path: Path, caches: str) -> None:
    start_together(tmp_path, 2, caches)


@pytest.mark.slow
def test_four_homes_with_caches_of_their_own_starting_together_get_ports_of_their_own(tmp_path: Path) -> None:
    start_together(tmp_path, 4, "caches of their own")


def start_together(tmp_path: Path, n: int, caches: str) -> None:
    """Start `n` servers in `n` processes at once; each must be reached by its own password on its own ports."""
    envs = []
    for name in map(str, range(n)):
        env = dict(os.environ) | {"MOVIEREC_HOME": str(tmp_path / name)}
        if caches == "caches of their own":
            cache = tmp_path / f"cache-{name}"
            cache.mkdir()
            (cache / "maven").symlink_to(cache_folder(os.environ) / "maven", target_is_directory=True)
            env["MOVIEREC_CACHE"] = str(cache)
        envs.append(env)
    servers = [EmbeddedServer(Home(Path(env["MOVIEREC_HOME"])), env) for env in envs]
    command = [sys.executable, "-m", "movierec", "server", "start", "--heap", "256m"]
    try:
        processes = [
            subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for env in envs
        ]
        said = [process.communicate(timeout=900)[1] for process in processes]
        failed = [text for process, text in zip(processes, said, strict=True) if process.returncode != 0]
        assert not failed, "\n".join(failed)
        states = [server.running() for server in servers]
        assert len({port for state in states if state for port in (state.bolt_port, state.http_port)}) == 2 * n
        assert [n_users(server) for server in servers] == [0] * n
    finally:
        for server in servers:
            if server.home.folder.exists():
                server.discard()


@pytest.mark.parametrize("later", ["still there", pytest.param("gone again", marks=pytest.mark.slow)])
def test_port_that_another_program_took_meanwhile_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    """Whoever is quicker to listen keeps the port; the start notices, and takes another."""
    if later == "gone again":  # when the start looks for the reason why Neo4j has ended
        monkeypatch.setattr("movierec.database.embedded.server.is_free", lambda port: True)
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        class Beaten(EmbeddedServer):
            def _run(self, *arguments):  # type: ignore[no-untyped-def]
                if stranger.getsockname()[1] == 0:  # the first time: between the choice and the start
                    configured = self.home.configuration.read_text()
                    stranger.bind(
                        ("127.0.0.1", int(configured.split("bolt.listen_address=127.0.0.1:")[1].split()[0]))
                    )
                    stranger.listen()
                return super()._run(*arguments)

        try:
            state = Beaten(server.home, dict(os.environ)).start(heap="256m")
            assert stranger.getsockname()[1] not in (0, state.bolt_port)
            assert n_users(server) == 0
        finally:
            server.discard()


def test_other_neo4j_on_the_port_is_not_taken_for_ours(
    running: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if both had found the same ports free: the other's answers, and refuses our password."""
    state = running.start()
    taken = [state.bolt_port, state.http_port]

    @contextmanager
    def chosen(folder: Path, preferred: int, default: int, shuffled: bool = False) -> Iterator[int]:
        if taken:
            yield taken.pop(0)
        else:
            with reserved_port(folder, preferred, default, shuffled) as port:
                yield port

    monkeypatch.setattr("movierec.database.embedded.server.reserved_port", chosen)
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    try:
        assert server.start(heap="256m").bolt_port != state.bolt_port
        assert n_users(server) == 0
    finally:
        server.discard()


def test_data_of_an_older_version_of_the_line_are_opened_by_the_locked_one(tmp_path: Path) -> None:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    try:
        made = server.start(heap="256m")
        server.stop()
        server.home.write_state(replace(made, neo4j="5.26.0"))
        assert server.start().neo4j == made.neo4j
        assert n_users(server) == 0
    finally:
        server.discard()


def test_killed_server_is_noticed_and_restarted_on_its_data(running: EmbeddedServer) -> None:
    before = running.start()
    with Database(running.settings()) as database:
        database.write(load_query("load/users"), **THREE_USERS)
    os.kill(before.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(before.pid)] if psutil.pid_exists(before.pid) else [], timeout=30)
    assert running.running() is None
    assert running.ended_unexpectedly()
    after = running.start(heap="512m")
    assert after.pid != before.pid
    assert (after.bolt_port, after.http_port) == (before.bolt_port, before.http_port)
    assert n_users(running) == 3


def test_stopped_server_is_not_taken_for_a_crashed_one(running: EmbeddedServer) -> None:
    running.start(heap="512m")
    users = n_users(running)
    assert running.stop()
    assert not running.ended_unexpectedly()
    assert not running.stop(), "a second stop has nothing to do"
    running.start(heap="512m")
    assert n_users(running) == users


def test_two_homes_live_side_by_side_and_taken_ports_are_avoided(running: EmbeddedServer, tmp_path: Path) -> None:
    running.start(heap="512m")
    other = EmbeddedServer(Home(tmp_path / "other"), dict(os.environ))
    # Somebody else listens on the next port after the first server's.
    with socket.socket() as stranger:
        state = running.running()
        assert state is not None
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with reserved_port(tmp_path / "ports", state.bolt_port + 1, state.bolt_port) as port:
            stranger.bind(("127.0.0.1", port))
        stranger.listen()
        taken = stranger.getsockname()[1]
        try:
            second = other.start(heap="512m")
            assert second.bolt_port not in (state.bolt_port, taken)
            assert n_users(other) == 0
            assert n_users(running) >= 0
        finally:
            other.discard()


def test_another_version_on_the_same_home_is_refused(running: EmbeddedServer) -> None:
    running.start(heap="512m")
    with pytest.raises(BadRequest, match=r"is Neo4j 5\.26\.31, not 2026\.09\.0.*MOVIEREC_HOME"):
        EmbeddedServer(running.home, dict(os.environ), "2026.09.0").start()


@pytest.mark.slow
def test_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    try:
        server.start(heap="512m")
        server.stop()
        store = server.home.data / "databases"
        store.rename(tmp_path / "kept")
        store.write_text("a file where a folder should be")
        with pytest.raises(EmbeddedServerFailed, match=r"ended while starting: .+ The whole log: .*console\.log"):
            server.start(heap="512m")
        # Mended, it starts again.
        store.unlink()
        (tmp_path / "kept").rename(store)
        server.start(heap="512m")
        assert n_users(server) == 0
    finally:
        server.discard()


def test_first_start_that_is_interrupted_is_begun_anew(tmp_path: Path) -> None:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    server.home.draft_password()  # all that a start leaves that is killed before the password is set
    try:
        server.start(heap="512m")
        assert n_users(server) == 0
    finally:
        server.discard()


def test_changed_password_is_told_with_its_remedy(running: EmbeddedServer) -> None:
    running.start()
    right = running.home.password_file.read_text()
    running.home.password_file.write_text("changed-elsewhere\n")
    try:
        with pytest.raises(WrongPassword, match="put the new one there"):
            running.start()
    finally:
        running.home.password_file.write_text(right)


def test_other_heap_needs_a_stop_and_is_kept(running: EmbeddedServer) -> None:
    assert running.start().heap == "512m"
    with pytest.raises(BadRequest, match=r"heap of 512m, not 2g.*movierec server stop"):
        running.start(heap="2g")


def test_heap_that_is_no_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"heap is '1banana'.*512m"):
        EmbeddedServer(Home(tmp_path / "home"), dict(os.environ)).start(heap="1banana")
    assert not (tmp_path / "home").exists()


def test_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    server = EmbeddedServer(Home(tmp_path / "file" / "home"), dict(os.environ))
    with pytest.raises(EmbeddedServerFailed, match="MOVIEREC_HOME"):
        server.start()


def test_full_disk_is_said_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**30, 2**30, 2**20))
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    with pytest.raises(EmbeddedServerFailed, match=r"1 MB free.*500 MB"):
        server.start()


def test_never_started_server_has_no_password_to_show(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerFailed, match="movierec server start"):
        EmbeddedServer(Home(tmp_path / "home"), dict(os.environ)).settings()


def test_lost_password_is_not_replaced_by_one_that_the_store_does_not_know(tmp_path: Path) -> None:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    server.start(heap="512m")
    try:
        with Database(server.settings()) as database:
            database.run_batches(load_query("schema/constraints"))
            database.write(load_query("load/users"), **THREE_USERS)
        lost = server.home.password()
        server.stop()
        server.home.password_file.unlink()
        with pytest.raises(
            EmbeddedServerFailed, match=r'is missing, but the store .*"movierec server reset-password"'
        ):
            server.start()
        assert not server.home.password_file.exists()
        server.reset_password()
        assert server.home.password() not in (None, lost)
        assert stat.S_IMODE(server.home.password_file.stat().st_mode) == 0o600
        assert "dbms.security.auth_enabled=true" in server.home.configuration.read_text()
        assert n_users(server) == 3
        with pytest.raises(WrongPassword), Database(replace(server.settings(), password=str(lost))):
            pass
    finally:
        server.discard()


def test_password_of_a_server_that_never_started_cannot_be_reset(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerFailed, match="was never started"):
        EmbeddedServer(Home(tmp_path / "home"), dict(os.environ)).reset_password()
