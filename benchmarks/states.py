"""How long a server takes to start, and each state of a database that tests ask for to be made.

    python -m benchmarks.states

Twice each: what runs first on a new server is compiled meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.servers import STATES, Servers, server_kinds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Servers(lambda name: Path(folder) / name) as servers:
        for kind in server_kinds():
            started = time.perf_counter()
            server = servers.of(kind)
            print(f"{kind:12} start       {time.perf_counter() - started:6.1f} s", flush=True)
            for _ in range(2):
                for state in STATES:
                    if state != "derived":  # what tests leave that derive
                        server.forget()
                        started = time.perf_counter()
                        server.bring_to(state)
                        print(f"{kind:12} {state:11} {time.perf_counter() - started:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
