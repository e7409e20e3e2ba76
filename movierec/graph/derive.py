"""Derive: RATED -> CO_LIKED and FOLLOWED_BY, counted, weighted and written by Cypher inside the server.

    full         every pair of movies; the old graph goes
    incremental  only the pairs of movies whose likes have changed, with the full derivation's D
    preview      either, in a transaction that is rolled back

Where the graph is small enough everything happens in one transaction, so that nobody ever sees anything but
the old graph or the new one. A larger one is written in batches: its Run then no longer says
`singleTransaction`, and until it is "done" every command that reads CO_LIKED refuses (`consistent_read`).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from movierec.database.connection import Database, Row, Transaction
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog, last_done, latest_run, record_run, reject_unfinished
from movierec.errors import BadRequest, MissingExtra, MovieRecError, ServerOutOfMemory, StageMissing
from movierec.graph.derive_preview import Preview
from movierec.graph.derive_steps import (
    BATCH_EDGES,
    BATCH_PATHS,
    WRITERS,
    CoLikes,
    DeriveConstants,
    InTransaction,
    Likes,
)
from movierec.graph.results import DerivePreview, DeriveResult
from movierec.graph.settings import ALL, ENGINES, MOST_BY_CYPHER, MOST_BY_LOCAL, DeriveSettings, SparkSettings
from movierec.graph.workload import Workload, workload_of
from movierec.progress import Progress, silent
from movierec.records import camel_case

if TYPE_CHECKING:
    from movierec.graph.spark.engine import RunningSpark

__all__ = ["choose_engine", "derive_co_liked", "last_derive_settings", "preview_derive"]

_log = logging.getLogger(__name__)

LOWEST_RATING = 0.5  # stars
ABOVE_CHANCE = ("xy_pmi", "pmi", "ppmi", "npmi", "llr")  # measures that are 0 or less for pairs as by chance
ONE_TRANSACTION_PATHS = 4_000_000  # twice the wedges; each pair is an edge at most, of about 0.8 kB of heap


def derive_co_liked(
    database: Database,
    settings: DeriveSettings,
    progress: Progress = silent,
    incremental: bool = False,
    *,
    engine: str = "auto",
    spark: SparkSettings | None = None,
    one_transaction_paths: int = ONE_TRANSACTION_PATHS,
    batch_paths: int = BATCH_PATHS,
) -> DeriveResult:
    """Bring CO_LIKED and FOLLOWED_BY up to the ratings.

    `engine` is where pairs are counted: "cypher", inside the server; "local", here; "spark", on Spark as `spark`
    says; "auto", here if there are more than 10 million wedges. The graph is the same.

    Raises StageMissing when nothing is loaded, or incrementally when there is no full derivation to start from;
    BadRequest when that had other settings; MissingExtra for an engine that is not installed; MovieRecError when
    no pair passes the thresholds, or Spark fails.
    """
    started = time.monotonic()
    _checked(database, settings, incremental)
    plan = _Plan.of(database, settings, engine, incremental, spark)
    described = plan.settings.as_dict() | {"incremental": incremental, "engine": plan.engine}
    with (
        plan.spark_of(incremental) as running,
        record_run(database, "derive", described, single_transaction=True) as run,
    ):
        # Again, now that no other derivation can come between.
        constants = _checked(database, plan.settings, incremental)
        job = _DeriveJob(plan, constants, progress, batch_paths, running)
        try:
            result = database.in_transaction(
                lambda transaction: job.in_single_transaction(transaction, database, run, one_transaction_paths)
            )
        except (_TransactionTooLarge, ServerOutOfMemory):
            _log.info("too large for one transaction; writing in batches")
            run.mark_visible(database)
            result = job.count(database.in_transaction, writers=WRITERS) | {"single_transaction": False}
        run.results |= result
    return DeriveResult(
        run_id=run.run_id,
        settings=plan.settings,
        engine=plan.engine,
        incremental=incremental,
        seconds=round(time.monotonic() - started, 3),
        **result,
    )


def preview_derive(
    database: Database,
    settings: DeriveSettings,
    progress: Progress = silent,
    incremental: bool = False,
    *,
    engine: str = "auto",
    spark: SparkSettings | None = None,
    batch_paths: int = BATCH_PATHS,
) -> DerivePreview:
    """What `derive_co_liked` would write: sizes, degrees, weights, time and memory. Nothing stays in the graph.

    Raises what that raises, and ServerOutOfMemory where the lists of likes do not fit in one transaction.
    """
    started = time.monotonic()
    constants = _checked(database, settings, incremental)
    plan = _Plan.of(database, settings, engine, incremental, spark)
    preview = Preview(math.inf if plan.engine == "cypher" else BATCH_EDGES)
    with plan.spark_of(incremental) as running, database.rolled_back() as transaction:
        job = _DeriveJob(plan, constants, progress, batch_paths, running)
        result = job.count(lambda work: work(transaction), on_rows=preview.add)
        old = transaction.run(load_query("derive/summary"))[0]
        n_old = 0 if incremental else old["edges"] + old["followedBy"]
    sizes = preview.summary(
        result["followed_by"], n_old, time.monotonic() - started, job.fits(ONE_TRANSACTION_PATHS)
    )
    return DerivePreview(settings=plan.settings, engine=plan.engine, incremental=incremental, **(result | sizes))


def last_derive_settings(database: Database) -> DeriveSettings:
    """The settings of the last derivation, for an incremental one; StageMissing when there is none."""
    return _settings_of(_last_derive(database))


def _last_derive(database: Database) -> Row:
    run = last_done(database, "derive")
    if run is None:
        raise StageMissing('There is no derivation to start from. Run "movierec derive" first.')
    return run


def _settings_of(run: Row) -> DeriveSettings:
    # A property that is null is not stored.
    values: dict[str, Any] = {field.name: run.get(camel_case(field.name)) for field in fields(DeriveSettings)}
    # One that kept all edges had null here, before there was a number for it.
    return DeriveSettings(**(values | {"top_k": values["top_k"] or ALL}))


def _checked(database: Database, settings: DeriveSettings, incremental: bool) -> DeriveConstants | None:
    """The constants to keep, or None for a full derivation; raises when it cannot begin."""
    if not database.read_one(load_query("derive/has_ratings"))["hasRatings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    for stage in ("load", "split"):
        reject_unfinished(database, stage)
    if not incremental:
        return None
    done = _last_derive(database)
    last = _settings_of(done)
    if settings.top_k is None:
        settings = replace(settings, top_k=last.top_k)
    if last != settings:
        differing = [name for name, value in settings.as_dict().items() if value != getattr(last, name)]
        raise BadRequest(
            f"The last derivation had another {', '.join(differing)}. "
            'Run "movierec derive" in full with the new settings, or --incremental without any.'
        )
    newest = latest_run(database, "derive")
    if newest is not None and newest["status"] != "done" and not newest.get("incremental"):
        raise StageMissing(
            f'The last derivation ({newest["runId"]}) is "{newest["status"]}", so the graph is not whole. '
            'Run "movierec derive" without --incremental.'
        )
    return DeriveConstants(done["denominatorValue"], done["referenceTime"], bool(done["isSequential"]))


class _TransactionTooLarge(Exception):
    """More to count than one transaction is meant for."""


@dataclass(frozen=True)
class _Plan:
    """What is to be derived, and where it is counted."""

    settings: DeriveSettings
    engine: str
    workload: Workload
    spark: SparkSettings

    @classmethod
    def of(
        cls,
        database: Database,
        settings: DeriveSettings,
        engine: str,
        incremental: bool,
        spark: SparkSettings | None,
    ) -> _Plan:
        if engine not in ENGINES:
            raise BadRequest(f"No engine {engine!r}; expected one of {', '.join(ENGINES)}.")
        workload = workload_of(database, settings.min_rating, settings.max_user_likes)
        settings = _settings_of(_last_derive(database)) if incremental else settings.resolved(workload.paths)
        _check_installed(engine)
        if engine == "auto":
            engine, advice = choose_engine(
                workload, settings.top_k or ALL, has_numba=find_spec("numba") is not None
            )
            if advice:
                _log.warning(advice)
        return cls(settings, engine, workload, spark or SparkSettings())

    def spark_of(self, incremental: bool) -> AbstractContextManager[RunningSpark | None]:
        """Spark where it is needed: an incremental derivation that keeps all edges recounts few, here."""
        if self.engine != "spark" or (incremental and not self.settings.top_k):
            return nullcontext()
        from movierec.graph.spark.engine import running_spark

        return running_spark(self.spark)


def choose_engine(workload: Workload, top_k: int, *, has_numba: bool) -> tuple[str, str]:
    """The engine that "auto" takes, and what is said of a large workload, nothing of a small one."""
    if workload.paths <= MOST_BY_CYPHER:
        return "cypher", ""
    said = [f"{'' if workload.is_exact else 'about '}{workload.wedges:,} wedges to count;"]
    if has_numba:
        said.append("they are counted by the local engine.")
    else:
        said.append('this takes hours in Cypher; the local engine is faster: pip install "movierec[train]".')
    if workload.paths > MOST_BY_LOCAL:
        said.append("That takes hours on one machine; --engine spark counts on a cluster (docs/scale.md).")
    if top_k:
        said.append(f"The {top_k} strongest CO_LIKED of each movie are kept.")
    return ("local" if has_numba else "cypher"), " ".join(said)


def _check_installed(engine: str) -> None:
    if engine in ("local", "spark") and find_spec("numba") is None:
        raise MissingExtra(f"The {engine} engine", "train" if engine == "local" else "spark")
    if engine == "spark" and (find_spec("pyspark") is None or find_spec("pyarrow") is None):
        raise MissingExtra("The Spark engine", "spark")


class _DeriveJob:
    """One derivation, full or (with constants) incremental, to be done at once, in batches or for a look."""

    def __init__(
        self,
        plan: _Plan,
        constants: DeriveConstants | None,
        progress: Progress,
        batch_paths: int,
        spark: RunningSpark | None,
    ) -> None:
        self.settings = plan.settings
        self.engine = plan.engine
        self.spark = spark
        self.paths = plan.workload.paths
        self.constants = constants
        self.progress = progress
        self.batch_paths = batch_paths

    def in_single_transaction(
        self, transaction: Transaction, database: Database, run: RunLog, most_paths: int
    ) -> dict[str, Any]:
        """All in one transaction. Raises _TransactionTooLarge for more than `most_paths`.

        A commit is not a moment: a reader meanwhile may find some records new and some old. So the Run says so
        before it, and is closed after it, each in a transaction of its own.
        """
        if self.constants is None and not self.fits(most_paths):
            raise _TransactionTooLarge
        result = self.count(lambda work: work(transaction), most_paths=most_paths)
        run.mark_visible(database)
        return result | {"single_transaction": True}

    def fits(self, most_paths: float) -> bool:
        """Whether all pairs have at most `most_paths`."""
        return self.paths <= most_paths

    def count(
        self,
        run_in_transaction: InTransaction,
        writers: int = 1,
        on_rows: Callable[[list[Row]], None] | None = None,
        most_paths: float = math.inf,
    ) -> dict[str, Any]:
        """All the steps. With `on_rows` a preview: that gets the pairs, and no edge is changed."""
        steps = self._steps(run_in_transaction, writers, on_rows)
        if self.constants is None:
            result = self._full(steps)
        else:
            result = self._incremental(steps, self.constants, most_paths)
        if on_rows is None:
            steps.clear_changed()
            result |= self._summary(run_in_transaction)
        return result

    def _steps(
        self, run_in_transaction: InTransaction, writers: int, on_rows: Callable[[list[Row]], None] | None
    ) -> CoLikes:
        kind: Callable[..., CoLikes] = CoLikes
        if self.spark is not None:
            from movierec.graph.spark.engine import SparkCoLikes

            kind = partial(SparkCoLikes, spark=self.spark)
        elif self.engine != "cypher":
            from movierec.graph.local_engine import LocalCoLikes

            kind = LocalCoLikes
        return kind(
            run_in_transaction, self.settings, self.progress, self.batch_paths, writers=writers, on_rows=on_rows
        )

    def _full(self, steps: CoLikes) -> dict[str, Any]:
        likes, followed_by = self._count_all(steps)
        constants = likes.constants(self.settings.denominator)
        return {
            "users": likes.users,
            "likes": likes.likes,
            "capped_users": likes.capped,
            "denominator_value": constants.denominator,
            "reference_time": constants.reference_time,
            "is_sequential": constants.sequential,
            "followed_by": followed_by,
        }

    def _count_all(self, steps: CoLikes, kept: DeriveConstants | None = None) -> tuple[Likes, int]:
        """Everything anew, with the constants that are found or `kept`; returns the number of FOLLOWED_BY too."""
        if not steps.dry_run:
            steps.clear_edges()
        n_movies = steps.index_all_movies()
        likes = steps.keep_likes(kept)
        constants = likes.constants(self.settings.denominator) if kept is None else kept
        indexes, paths = steps.count_likes(range(n_movies), constants.reference_time, likes.mean_list)
        (steps.link_best if self.settings.top_k else steps.link)(indexes, paths, constants)
        return likes, steps.follow(indexes, paths) if constants.sequential else 0

    def _incremental(self, steps: CoLikes, constants: DeriveConstants, most_paths: float) -> dict[str, Any]:
        steps.index_new_movies()
        if constants.sequential:
            steps.mark_order_changed()
        changed_users = steps.keep_changed_likes(constants.reference_time)
        if constants.sequential:
            steps.mark_order_changed()
            steps.keep_ages(steps.changed_users())
        changed = steps.changed_indexes()
        totals = steps.totals()
        followed_by = 0
        if not self.settings.top_k:
            indexes, paths = steps.count_likes(changed, constants.reference_time, totals.mean_list)
            if sum(paths) > most_paths:
                raise _TransactionTooLarge
            steps.relink(indexes, paths, constants)
            if constants.sequential:
                again = steps.order_changed_indexes()
                indexes, paths = steps.count_likes(again, constants.reference_time, totals.mean_list)
                followed_by = steps.follow(indexes, paths)
        elif steps.has_changes():
            if not self.fits(most_paths):
                raise _TransactionTooLarge
            # Which edges are a movie's best depends on all others, so every pair is counted again, and by indexes
            # in the order of the ids, which decide between equal weights.
            _, followed_by = self._count_all(steps, constants)
        return {
            "users": totals.users,
            "likes": totals.likes,
            "changed_users": changed_users,
            "changed_movies": len(changed),
            "denominator_value": constants.denominator,
            "reference_time": constants.reference_time,
            "is_sequential": constants.sequential,
            "followed_by": followed_by,
        }

    def _remedy(self) -> str:
        """What can still be lowered; if nothing can, why there is no pair."""
        settings = self.settings
        lower = [
            option
            for option, can_be_lowered in (
                ("--min-weight", (settings.min_weight or 0) > 0),
                ("--min-count", (settings.min_count or 1) > 1),
                ("--min-rating", settings.min_rating > LOWEST_RATING),
            )
            if can_be_lowered
        ]
        advice = [f"Lower {' or '.join(lower)}."] if lower else []
        if settings.measure in ABOVE_CHANCE:
            advice.append(
                f"{settings.measure} keeps pairs that more users like than by chance; there are none where users "
                "are few or all like the same: try --measure count --min-weight 1."
            )
        return " ".join(advice) or "No user likes two movies."

    def _summary(self, run_in_transaction: InTransaction) -> dict[str, Any]:
        (summary,) = run_in_transaction(lambda transaction: transaction.run(load_query("derive/summary")))
        if not summary["edges"]:
            raise MovieRecError(
                f"No pair of movies reaches weight {self.settings.min_weight} by {self.settings.measure} "
                f"(min_rating {self.settings.min_rating}, min_count {self.settings.min_count}): CO_LIKED would be "
                f"empty. {self._remedy()}"
            )
        return {
            "movies": summary["movies"],
            "edges": summary["edges"],
            "mean_degree": round(2 * summary["edges"] / summary["movies"], 3),
            "followed_by": summary["followedBy"],
        }
