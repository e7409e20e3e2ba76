"""movierec: a movie recommender whose model lives in a Neo4j graph database.

`connect` opens a `Client`, which has every stage and every answer; the other names are its settings, its results
and its errors. Nothing heavy is imported before it is used.

The packages, in the order in which data flows through them (imports point the other way only):

    ratings            files -> checked tables
    database           the one door to Neo4j: settings, connection, query files, runs, embedded server
    lookup             what a person names -> movies, users, filters
    graph              tables -> RATED -> HELD_OUT -> CO_LIKED and FOLLOWED_BY -> compressed sparse rows
    training           checkpoints, devices and threads, shared by both models
    embedding          rows -> walks -> vectors, and users' likes -> profiles -> properties of the movies
    recommendation     a movie, a user or some titles -> ranked movies with reasons
    rating_prediction  ratings -> a model -> predicted ratings
    evaluation         held-out ratings -> metrics, compared with other methods
    client             the same from Python
    cli                one file per command: parsing and printing
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec.client import Client, connect
    from movierec.costs import CostEstimate, StageCost
    from movierec.embedding.results import TrainingEstimate, TrainResult
    from movierec.embedding.settings import TrainSettings
    from movierec.errors import (
        BadRequest,
        CheckpointDamaged,
        CommitUnanswered,
        DatabaseFailed,
        DataRejected,
        EmbeddedServerFailed,
        MissingExtra,
        MovieRecError,
        NoConnection,
        NotFound,
        ServerOutOfMemory,
        StageMissing,
        WrongPassword,
    )
    from movierec.evaluation.results import (
        CalibrationLevel,
        Difference,
        EvaluationEstimate,
        EvaluationReport,
        GenreProbe,
        RatingEvaluationReport,
        ScoreSettingsResult,
    )
    from movierec.export import ExportResult
    from movierec.graph.results import (
        DerivePreview,
        DeriveResult,
        LikesAt,
        LoadCheck,
        LoadResult,
        RatingStats,
        RemovedLoad,
        ResetResult,
        SplitResult,
        TableCounts,
        UndoneSplit,
        WeightBin,
    )
    from movierec.graph.settings import DeriveSettings, SplitSettings
    from movierec.rating_prediction.results import PredictedRating, RatingModelResult
    from movierec.rating_prediction.settings import RatingModelSettings
    from movierec.ratings.columns import Scale
    from movierec.ratings.detection import DetectedColumn, DetectedTable
    from movierec.ratings.source import ReadSettings
    from movierec.recommendation.results import Reason, Recommendation, SimilarMovie, WrittenLists

    __version__: str

_MODULES = {
    "client": ("Client", "connect"),
    "costs": ("CostEstimate", "StageCost"),
    "embedding.results": ("TrainResult", "TrainingEstimate"),
    "embedding.settings": ("TrainSettings",),
    "errors": (
        "BadRequest",
        "CheckpointDamaged",
        "CommitUnanswered",
        "DataRejected",
        "DatabaseFailed",
        "EmbeddedServerFailed",
        "MissingExtra",
        "MovieRecError",
        "NoConnection",
        "NotFound",
        "ServerOutOfMemory",
        "StageMissing",
        "WrongPassword",
    ),
    "evaluation.results": (
        "CalibrationLevel",
        "Difference",
        "EvaluationEstimate",
        "EvaluationReport",
        "GenreProbe",
        "RatingEvaluationReport",
        "ScoreSettingsResult",
    ),
    "export": ("ExportResult",),
    "graph.results": (
        "DerivePreview",
        "DeriveResult",
        "LikesAt",
        "LoadCheck",
        "LoadResult",
        "RatingStats",
        "RemovedLoad",
        "ResetResult",
        "SplitResult",
        "TableCounts",
        "UndoneSplit",
        "WeightBin",
    ),
    "graph.settings": ("DeriveSettings", "SplitSettings"),
    "rating_prediction.results": ("PredictedRating", "RatingModelResult"),
    "rating_prediction.settings": ("RatingModelSettings",),
    "ratings.columns": ("Scale",),
    "ratings.detection": ("DetectedColumn", "DetectedTable"),
    "ratings.source": ("ReadSettings",),
    "recommendation.results": ("Reason", "Recommendation", "SimilarMovie", "WrittenLists"),
}
_HOMES = {name: f"movierec.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "BadRequest",
    "CalibrationLevel",
    "CheckpointDamaged",
    "Client",
    "CommitUnanswered",
    "CostEstimate",
    "DataRejected",
    "DatabaseFailed",
    "DerivePreview",
    "DeriveResult",
    "DeriveSettings",
    "DetectedColumn",
    "DetectedTable",
    "Difference",
    "EmbeddedServerFailed",
    "EvaluationEstimate",
    "EvaluationReport",
    "ExportResult",
    "GenreProbe",
    "LikesAt",
    "LoadCheck",
    "LoadResult",
    "MissingExtra",
    "MovieRecError",
    "NoConnection",
    "NotFound",
    "PredictedRating",
    "RatingEvaluationReport",
    "RatingModelResult",
    "RatingModelSettings",
    "RatingStats",
    "ReadSettings",
    "Reason",
    "Recommendation",
    "RemovedLoad",
    "ResetResult",
    "Scale",
    "ScoreSettingsResult",
    "ServerOutOfMemory",
    "SimilarMovie",
    "SplitResult",
    "SplitSettings",
    "StageCost",
    "StageMissing",
    "TableCounts",
    "TrainResult",
    "TrainSettings",
    "TrainingEstimate",
    "UndoneSplit",
    "WeightBin",
    "WrittenLists",
    "WrongPassword",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("movierec")
    if name not in _HOMES:
        raise AttributeError(f"module 'movierec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
