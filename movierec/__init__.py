"""movierec: a movie recommender whose model lives in a Neo4j graph database.

The packages, in the order in which data flows through them (imports point the other way only):

    ratings       files -> checked tables
    database      the one door to Neo4j: settings, connection, query files, runs, embedded server
    graph         tables -> RATED -> HELD_OUT -> CO_LIKED -> compressed sparse rows
    embedding     compressed sparse rows -> walks -> skip-gram vectors -> Movie.embedding
    recommending  a movie or a user -> ranked movies with reasons
    evaluation    held-out likes -> measures beside baselines
    cli           one file a verb: parsing and printing
"""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("movierec")
