"""Keep what an evaluation measured beside the model, as a Run, for those who ask the model."""

from __future__ import annotations

from movierec.database.connection import Database
from movierec.database.runs import record_run
from movierec.evaluation.results import EvaluationReport

__all__ = ["record_evaluation"]


def record_evaluation(database: Database, report: EvaluationReport) -> str:
    """Write a Run of stage "evaluate" with the protocol, and NDCG@10 of each method with its interval, the best
    first; returns its runId. The ratings and the model stay as they are.
    """
    names = sorted(report.methods, key=lambda name: -report.methods[name]["ndcg@10"])
    ndcgs = [float(report.methods[name]["ndcg@10"]) for name in names]
    intervals = [report.intervals.get(name, (value, value)) for name, value in zip(names, ndcgs, strict=True)]
    settings = {"protocol": report.protocol, "answersSequentially": report.sequential, "seeds": list(report.seeds)}
    with record_run(database, "evaluate", settings, single_transaction=True) as run:
        run.results |= {
            "users": report.users,
            "held_out": report.held_out,
            "methods": names,
            "ndcgs": ndcgs,
            "lowest_ndcgs": [float(low) for low, _ in intervals],
            "highest_ndcgs": [float(high) for _, high in intervals],
            "seconds": report.seconds,
        }
    return run.run_id
