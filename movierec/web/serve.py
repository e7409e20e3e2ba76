"""Running the application on loopback, over a database that may go away and come back."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from movierec.database.connection import Database
from movierec.database.interrupt import hang_up
from movierec.database.open import embedded_server
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, MovieRecError

if TYPE_CHECKING:
    from movierec.web.answers import Answers

__all__ = ["HOST", "database_for_pages", "free_port", "locator", "serve"]

HOST = "127.0.0.1"
REPEAT_SECONDS = 1.0  # a page does not wait long for a server that is away
QUERY_SECONDS = 20.0


def database_for_pages(settings: ConnectionSettings) -> Database:
    """A connection that fails soon, and whose queries end."""
    return Database(settings, repeat_seconds=REPEAT_SECONDS, query_seconds=QUERY_SECONDS)


def locator(database: Database) -> Callable[[], ConnectionSettings | None]:
    """Says where the embedded server of `database` is; None for any other server, and while it does not run."""

    def locate() -> ConnectionSettings | None:
        server = embedded_server(database.settings)
        return server.settings() if server is not None and server.running() is not None else None

    return locate


def free_port(wanted: int) -> int:
    """`wanted` if nothing listens there; 0 is for any. Raises BadRequest where something does."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, wanted))
        except OSError as error:
            raise BadRequest(
                f"Port {wanted} on {HOST} cannot be used ({error.strerror}). Give another, or 0 for a free one."
            ) from error
        port: int = tried.getsockname()[1]
        return port


def serve(database: Database, port: int, ready: Callable[[str], object]) -> None:
    """Answer until interrupted; `ready` gets the address once it does. Needs the extra "ui"."""
    import uvicorn

    from movierec.web.answers import Answers
    from movierec.web.app import Site, create_app

    def browser() -> str | None:
        server = embedded_server(database.settings)
        state = server.running() if server is not None else None
        return None if state is None else f"http://{HOST}:{state.http_port}/browser/"

    # In an address an id is the rule, and no surprise to anybody.
    logging.getLogger("movierec.lookup.movies").setLevel(logging.ERROR)
    answers = Answers(database, locator(database))
    app = create_app(Site(answers=answers, browser=browser))
    config = uvicorn.Config(app, HOST, port, log_level="warning", server_header=False, access_log=False)

    class AnnouncedServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:  # it listens
                ready(f"http://{HOST}:{port}/")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            hang_up()  # on answers that are being made, or the end would wait for them
            super().handle_exit(sig, frame)

    server = AnnouncedServer(config)
    threading.Thread(target=_warm_up, args=(answers,), daemon=True).start()
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it is ended
        server.run()


def _warm_up(answers: Answers) -> None:
    """Pull the model, so that the first page need not wait for it."""
    with suppress(MovieRecError):
        answers.recommender.model()
