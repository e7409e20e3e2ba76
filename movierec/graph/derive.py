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
from dataclasses import fields
from functools import cached_property
from typing import Any

from movierec.database.connection import Database, Row, Transaction
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog, last_done, latest_run, record_run, reject_unfinished
from movierec.errors import BadRequest, MovieRecError, ServerOutOfMemory, StageMissing
from movierec.graph.derive_preview import Preview
from movierec.graph.derive_steps import BATCH_PATHS, WRITERS, CoLikes, DeriveConstants, InTransaction
from movierec.graph.results import DerivePreview, DeriveResult
from movierec.graph.settings import DeriveSettings
from movierec.progress import Progress, silent
from movierec.records import camel_case

__all__ = ["derive_co_liked", "last_derive_settings", "preview_derive"]

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
    one_transaction_paths: int = ONE_TRANSACTION_PATHS,
    batch_paths: int = BATCH_PATHS,
) -> DeriveResult:
    """Bring CO_LIKED and FOLLOWED_BY up to the ratings.

    Raises StageMissing when nothing is loaded, or incrementally when there is no full derivation to start from;
    BadRequest when that had other settings; MovieRecError when no pair passes the thresholds.
    """
    started = time.monotonic()
    _checked(database, settings, incremental)
    described = settings.as_dict() | {"incremental": incremental}
    with record_run(database, "derive", described, single_transaction=True) as run:
        # Again, now that no other derivation can come between.
        job = _DeriveJob(database, settings, _checked(database, settings, incremental), batch_paths)
        try:
            result = database.in_transaction(
                lambda transaction: job.in_single_transaction(transaction, run, one_transaction_paths, progress)
            )
        except (_TransactionTooLarge, ServerOutOfMemory):
            _log.info("too large for one transaction; writing in batches")
            run.mark_visible(database)
            result = job.count(database.in_transaction, progress, writers=WRITERS) | {"single_transaction": False}
        run.results |= result
    seconds = round(time.monotonic() - started, 3)
    return DeriveResult(run_id=run.run_id, settings=settings, incremental=incremental, seconds=seconds, **result)


def preview_derive(
    database: Database,
    settings: DeriveSettings,
    progress: Progress = silent,
    incremental: bool = False,
    *,
    batch_paths: int = BATCH_PATHS,
) -> DerivePreview:
    """What `derive_co_liked` would write: sizes, degrees, weights, time and memory. Nothing stays in the graph.

    Raises what that raises, and ServerOutOfMemory where the lists of likes do not fit in one transaction.
    """
    started = time.monotonic()
    job = _DeriveJob(database, settings, _checked(database, settings, incremental), batch_paths)
    preview = Preview()
    with database.rolled_back() as transaction:
        result = job.count(lambda work: work(transaction), progress, on_rows=preview.add)
        n_old = 0 if incremental else transaction.run(load_query("derive/summary"))[0]["edges"]
    sizes = preview.summary(n_old, time.monotonic() - started, job.fits(ONE_TRANSACTION_PATHS))
    return DerivePreview(settings=settings, incremental=incremental, **(result | sizes))


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
    return DeriveSettings(**values)


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


class _DeriveJob:
    """One derive, full or (with a constants) incremental, to be done at once, in batches or for a look."""

    def __init__(
        self, database: Database, settings: DeriveSettings, constants: DeriveConstants | None, batch_paths: int
    ) -> None:
        self.database = database
        self.settings = settings
        self.constants = constants
        self.batch_paths = batch_paths

    def in_single_transaction(
        self, transaction: Transaction, run: RunLog, most_paths: int, progress: Progress
    ) -> dict[str, Any]:
        """All in one transaction. Raises _TransactionTooLarge for more than `most_paths`.

        A commit is not a moment: a reader meanwhile may find some records new and some old. So the Run says so
        before it, and is closed after it, each in a transaction of its own.
        """
        if self.constants is None and not self.fits(most_paths):
            raise _TransactionTooLarge
        result = self.count(lambda work: work(transaction), progress, most_paths=most_paths)
        run.mark_visible(self.database)
        return result | {"single_transaction": True}

    def fits(self, most_paths: float) -> bool:
        """Whether all pairs have at most `most_paths`."""
        most = self.settings.max_user_likes
        return bool(sum(min(row["likes"], most or row["likes"]) ** 2 for row in self.raters) <= most_paths)

    def count(
        self,
        run_in_transaction: InTransaction,
        progress: Progress,
        writers: int = 1,
        on_rows: Callable[[list[Row]], None] | None = None,
        most_paths: float = math.inf,
    ) -> dict[str, Any]:
        """All the steps. With `on_rows` a preview: that gets the pairs, and no edge is changed."""
        steps = CoLikes(run_in_transaction, self.settings, self.batch_paths, writers, on_rows)
        if self.constants is None:
            result = self._full(steps, progress)
        else:
            result = self._incremental(steps, self.constants, most_paths, progress)
        if on_rows is None:
            steps.clear_changed()
            result |= self._summary(run_in_transaction)
        return result

    def _full(self, steps: CoLikes, progress: Progress) -> dict[str, Any]:
        reference_time = max((row["newestAt"] for row in self.raters), default=0)
        with progress("likes", 4, "steps") as advance:
            if not steps.dry_run:
                steps.clear_edges()
                steps.clear_followed()
            advance(1, "old edges cleared")
            n_movies = steps.index_all_movies()
            advance(1, f"{n_movies} liked movies")
            likes = steps.keep_likes(self.raters, reference_time)
            advance(1, f"{likes.likes} likes")
            sequential = steps.has_reliable_timestamps()
            if sequential:
                self._keep_all_ages(steps)
            advance(1, "timestamps order them" if sequential else "timestamps do not order them")
        by_users = self.settings.denominator == "users"
        constants = DeriveConstants(
            likes.user_decays if by_users else likes.like_decays, reference_time, sequential
        )
        followed_by = self._pairs(steps, list(range(n_movies)), constants, progress)
        return {
            "users": likes.users,
            "likes": likes.likes,
            "capped_users": likes.capped,
            "denominator_value": constants.denominator,
            "reference_time": constants.reference_time,
            "is_sequential": constants.sequential,
            "followed_by": followed_by,
        }

    def _keep_all_ages(self, steps: CoLikes) -> None:
        steps.keep_ages([row["userId"] for row in self.raters])

    def _incremental(
        self, steps: CoLikes, constants: DeriveConstants, most_paths: float, progress: Progress
    ) -> dict[str, Any]:
        with progress("likes", 3, "steps") as advance:
            steps.index_new_movies()
            advance(1)
            if constants.sequential:
                steps.mark_order_changed()
            changed_users = steps.keep_changed_likes(constants.reference_time)
            if constants.sequential:
                steps.mark_order_changed()
                steps.keep_ages(steps.changed_users())
            advance(1, f"{changed_users} users have changed")
            indexes = steps.changed_indexes()
            advance(1, f"{len(indexes)} movies have changed")
        followed_by = 0
        if self.settings.top_k is None:
            indexes, paths = steps.count_likes(indexes, constants.reference_time)
            if sum(paths) > most_paths:
                raise _TransactionTooLarge
            with progress("recount pairs", sum(paths), "paths") as advance:
                steps.relink(indexes, paths, constants, advance)
            if constants.sequential:
                again, paths = steps.count_likes(steps.order_changed_indexes(), constants.reference_time)
                followed_by = self._follow(steps, again, paths, progress)
        elif steps.has_changes():
            if not self.fits(most_paths):
                raise _TransactionTooLarge
            # Which edges are a movie's best depends on all others, so every pair is counted again, and by indexes
            # in the order of the ids, which decide between equal weights.
            if not steps.dry_run:
                steps.clear_edges()
                steps.clear_followed()
            n_movies = steps.index_all_movies()
            steps.keep_likes(self.raters, constants.reference_time)
            if constants.sequential:
                self._keep_all_ages(steps)
            followed_by = self._pairs(steps, list(range(n_movies)), constants, progress)
        return {
            **steps.totals(),
            "changed_users": changed_users,
            "changed_movies": len(indexes),
            "denominator_value": constants.denominator,
            "reference_time": constants.reference_time,
            "is_sequential": constants.sequential,
            "followed_by": followed_by,
        }

    def _pairs(self, steps: CoLikes, indexes: list[int], constants: DeriveConstants, progress: Progress) -> int:
        """Both graphs; returns how many FOLLOWED_BY relationships were found."""
        indexes, paths = steps.count_likes(indexes, constants.reference_time)
        with progress("count pairs", sum(paths), "paths") as advance:
            (steps.link if self.settings.top_k is None else steps.link_best)(indexes, paths, constants, advance)
        return self._follow(steps, indexes, paths, progress) if constants.sequential else 0

    def _follow(self, steps: CoLikes, indexes: list[int], paths: list[int], progress: Progress) -> int:
        with progress("count what follows", sum(paths), "paths") as advance:
            return steps.follow(indexes, paths, advance)

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

    @cached_property
    def raters(self) -> list[Row]:
        """userId, likes, newestAt of each user who likes anything."""
        return self.database.read(load_query("derive/raters"), minRating=self.settings.min_rating)
