"""movierec: a movie recommender whose model lives in a Neo4j graph database.

The packages, in the order in which data flows through them (imports point the other way only):

    ratings       files -> checked tables
    database      the one door to Neo4j: settings, connection, query files, runs, embedded server
    graph         tables -> RATED -> HELD_OUT -> CO_LIKED and FOLLOWED_BY -> compressed sparse rows
    embedding     rows -> walks -> vectors, and users' likes -> tuned vectors -> properties of the movies
    recommending  a movie, a user or some titles -> ranked movies with reasons
    evaluation    held-out likes -> measures beside baselines
    api           the same for notebooks, as pandas tables: `movierec.connect()`
    cli           one file a verb: parsing and printing
"""

from importlib.metadata import version
from typing import Any

__all__ = ["__version__", "connect"]

__version__ = version("movierec")


def connect(*arguments: Any, **named: Any) -> Any:
    """A connection to ask for recommendations through, with pandas tables for answers: see `movierec.client`."""
    from movierec.client import connect

    return connect(*arguments, **named)
