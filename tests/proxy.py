"""A TCP proxy between the driver and the server that breaks connections, and more, at chosen moments.

It counts the COMMIT messages of Bolt that pass. At the one it was told, it does what it was told; before and
after it is an ordinary proxy, so what is tried again gets through.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # a chunk of two bytes: a structure without fields, tag 12; end of message
LARGE = 4096  # bytes: more than any message but a batch


class BoltProxy:
    """`moment`: "before commit" (it never arrives), "commit unanswered" (it is done, the answer is lost),
    "during commit" (it is sent, and the line cut at once), "mid-batch" (half of the batch after it is sent).
    """

    def __init__(self, upstream_port: int, at_commit: int, moment: str, then: Callable[[], object] = int) -> None:
        self.upstream_port = upstream_port
        self.at_commit = at_commit
        self.moment = moment
        self.then = then  # called in place of, or beside, the cut
        self.n_commits = 0
        self.n_cuts = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> BoltProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.upstream_port))
            except OSError:
                client.close()
                continue
            line = _Line(client, server)
            threading.Thread(target=self._to_server, args=(line,), daemon=True).start()
            threading.Thread(target=self._to_client, args=(line,), daemon=True).start()

    def _to_server(self, line: _Line) -> None:
        with line.until_it_breaks():
            while data := line.client.recv(1 << 16):
                acts = False
                with self._lock:
                    if COMMIT in data:
                        self.n_commits += 1
                        acts = self.n_commits == self.at_commit and self.moment != "mid-batch"
                    elif len(data) > LARGE and self.n_commits >= self.at_commit and self.n_cuts == 0:
                        acts = self.moment == "mid-batch"
                    self.n_cuts += acts
                if not acts:
                    line.server.sendall(data)
                elif self.moment == "mid-batch":
                    line.server.sendall(data[: len(data) // 2])
                    return self._end(line)
                elif self.moment == "before commit":
                    return self._end(line)
                elif self.moment == "during commit":
                    line.server.sendall(data)
                    return self._end(line)
                else:
                    line.answer_is_lost.set()
                    line.server.sendall(data)

    def _to_client(self, line: _Line) -> None:
        with line.until_it_breaks():
            while data := line.server.recv(1 << 16):
                if line.answer_is_lost.is_set():
                    return self._end(line)
                line.client.sendall(data)

    def _end(self, line: _Line) -> None:
        line.close()
        self.then()


class _Line:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.answer_is_lost = threading.Event()

    @contextlib.contextmanager
    def until_it_breaks(self):  # type: ignore[no-untyped-def]
        try:
            with contextlib.suppress(OSError):
                yield
        finally:
            self.close()

    def close(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
