"""A server whose transactions may use very little memory."""

from __future__ import annotations

import os

from movierec.database.embedded.memory import ServerMemory
from movierec.database.embedded.server import EmbeddedServer
from movierec.home import Home


class SqueezedServer(EmbeddedServer):
    """Its transactions may use `transaction_memory`, such as "4m"."""

    def __init__(self, home: Home, transaction_memory: str) -> None:
        super().__init__(home, dict(os.environ))
        self._transaction_memory = transaction_memory

    def _configure(self, bolt_port: int, http_port: int, memory: ServerMemory, authenticates: bool = True) -> None:
        super()._configure(bolt_port, http_port, memory, authenticates)
        with self.home.configuration.open("a") as file:
            file.write(f"db.memory.transaction.max={self._transaction_memory}\n")
