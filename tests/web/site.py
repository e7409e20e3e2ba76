"""The pages, served over a real socket in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import uvicorn

from movierec.database.connection import Database
from movierec.database.settings import ConnectionSettings
from movierec.web.answers import Answers
from movierec.web.app import Site, create_app
from movierec.web.serve import HOST, database_for_pages, free_port


@dataclass(frozen=True)
class Served:
    """Where pages answer, and what they answer from."""

    address: str
    database: Database

    def get(self, path: str, **asked: Any) -> requests.Response:
        headers = asked.pop("headers", {})
        params = [
            (name, one) for name, many in asked.items() for one in (many if isinstance(many, list) else [many])
        ]
        return requests.get(self.address + path, params=params, headers=headers, timeout=60, allow_redirects=False)

    def json(self, path: str, **asked: Any) -> Any:
        response = self.get(path, **asked)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def served(settings: ConnectionSettings, browser: str | None = None) -> Iterator[Served]:
    """The pages of the database at `settings`, until the block ends."""
    with database_for_pages(settings) as database:
        app = create_app(Site(answers=Answers(database), browser=lambda: browser))
        port = free_port(0)
        server = uvicorn.Server(uvicorn.Config(app, HOST, port, log_level="critical", server_header=False))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.02)
            yield Served(f"http://{HOST}:{port}", database)
        finally:
            server.should_exit = True
            thread.join()
