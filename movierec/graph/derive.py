"""Derive: RATED -> CO_LIKED and FOLLOWED_BY, counted, weighed and written by Cypher inside the server.

    full         every pair of movies; the old graph goes
    incremental  only the pairs of movies whose likes have changed, with the full derive's D
    preview      either, in a transaction that is rolled back

Where the graph is small enough everything happens in one transaction, so that nobody ever sees anything but
the old graph or the new one. A larger one is written in batches. Its Run is then no longer `atOnce`, and until
it is "done" every command that reads CO_LIKED refuses: `unchanged`.
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
from movierec.database.runs import RunLog, last_done, latest_run, property_name, record_run, refuse_unfinished
from movierec.errors import BadRequest, MovieRecError, ServerOutOfMemory, StageMissing
from movierec.graph.derive_preview import Preview
from movierec.graph.derive_steps import BATCH_PATHS, WRITERS, Basis, CoLikes, InTransaction
from movierec.graph.settings import DeriveSettings
from movierec.progress import Progress, silent

__all__ = ["derive_co_liked", "preview_derive", "settings_of_last_derive"]

_log = logging.getLogger(__name__)

ONE_TRANSACTION_PATHS = 4_000_000  # twice the wedges; each pair is an edge at most, of about 0.8 kB of heap


def derive_co_liked(
    database: Database,
    settings: DeriveSettings,
    progress: Progress = silent,
    incremental: bool = False,
    one_transaction_paths: int = ONE_TRANSACTION_PATHS,
    batch_paths: int = BATCH_PATHS,
) -> dict[str, Any]:
    """Bring CO_LIKED up to the ratings; returns the settings and what came of them.

    Raises StageMissing when nothing is loaded, or incrementally when there is no full derive to go on from;
    BadRequest when that had other settings; MovieRecError when no pair passes the thresholds.
    """
    started = time.monotonic()
    _checked(database, settings, incremental)
    described = settings.as_dict() | {"incremental": incremental}
    with record_run(database, "derive", described, at_once=True) as run:
        # Again, now that no other derive can come between.
        job = _Job(database, settings, _checked(database, settings, incremental), batch_paths)
        try:
            most = one_transaction_paths
            result = database.in_transaction(lambda transaction: job.at_once(transaction, run, most, progress))
        except (_TooMuch, ServerOutOfMemory):
            _log.info("more than fits into one transaction; going on in batches")
            run.begins_to_show(database)
            result = job.count(database.in_transaction, progress, writers=WRITERS) | {"swapped_at_once": False}
        run.results |= result
    return {"run_id": run.run_id, **described, **result, "seconds": round(time.monotonic() - started, 3)}


def preview_derive(
    database: Database,
    settings: DeriveSettings,
    progress: Progress = silent,
    incremental: bool = False,
    batch_paths: int = BATCH_PATHS,
) -> dict[str, Any]:
    """What `derive_co_liked` would write: sizes, degrees, weights, time and memory. Nothing stays in the graph.

    Raises what that raises, and ServerOutOfMemory where the lists of likes do not fit in one transaction.
    """
    started = time.monotonic()
    job = _Job(database, settings, _checked(database, settings, incremental), batch_paths)
    preview = Preview()
    with database.rolled_back() as transaction:
        result = job.count(lambda work: work(transaction), progress, on_rows=preview.add)
        n_old = 0 if incremental else transaction.run(load_query("derive/summary"))[0]["edges"]
    return {
        **settings.as_dict(),
        "incremental": incremental,
        **result,
        **preview.summary(n_old, time.monotonic() - started, job.fits(ONE_TRANSACTION_PATHS)),
    }


def settings_of_last_derive(database: Database) -> DeriveSettings:
    """The settings to go on with incrementally; StageMissing when no derive was ever done."""
    return _settings_of(_last_derive(database))


def _last_derive(database: Database) -> Row:
    run = last_done(database, "derive")
    if run is None:
        raise StageMissing('There is no derive to go on from. Run "movierec derive" first.')
    return run


def _settings_of(run: Row) -> DeriveSettings:
    # A property that is null is not stored, nor one that an earlier version did not know.
    values: dict[str, Any] = {
        field.name: run.get(property_name(field.name), field.default) for field in fields(DeriveSettings)
    }
    return DeriveSettings(**values)


def _checked(database: Database, settings: DeriveSettings, incremental: bool) -> Basis | None:
    """The basis to keep, or None for a full derive; raises when it cannot begin."""
    if not database.read_one(load_query("derive/has_ratings"))["hasRatings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    for stage in ("load", "split"):
        refuse_unfinished(database, stage)
    if not incremental:
        return None
    done = _last_derive(database)
    last = _settings_of(done)
    if last != settings:
        differing = [name for name, value in settings.as_dict().items() if value != getattr(last, name)]
        raise BadRequest(
            f"The last derive had another {', '.join(differing)}. "
            'Run "movierec derive" in full with the new settings, or --incremental without any.'
        )
    newest = latest_run(database, "derive")
    if newest is not None and newest["status"] != "done" and not newest.get("incremental"):
        raise StageMissing(
            f'The last derive ({newest["runId"]}) is "{newest["status"]}", so there is no whole graph to go on '
            'from. Run "movierec derive" without --incremental.'
        )
    return Basis(done["denominatorValue"], done["referenceTime"], bool(done.get("ordered")))


class _TooMuch(Exception):
    """More to count than one transaction is meant for."""


class _Job:
    """One derive, full or (with a basis) incremental, to be done at once, in batches or for a look."""

    def __init__(
        self, database: Database, settings: DeriveSettings, basis: Basis | None, batch_paths: int
    ) -> None:
        self.database = database
        self.settings = settings
        self.basis = basis
        self.batch_paths = batch_paths

    def at_once(
        self, transaction: Transaction, run: RunLog, most_paths: int, progress: Progress
    ) -> dict[str, Any]:
        """All in one transaction. Raises _TooMuch for more than `most_paths`.

        A commit is not a moment: a reader meanwhile may find some records new and some old. So the Run says so
        before it, and is closed after it, each in a transaction of its own.
        """
        if self.basis is None and not self.fits(most_paths):
            raise _TooMuch
        result = self.count(lambda work: work(transaction), progress, most_paths=most_paths)
        run.begins_to_show(self.database)
        return result | {"swapped_at_once": True}

    def fits(self, most_paths: float) -> bool:
        """Whether all pairs have at most `most_paths`."""
        most = self.settings.max_user_likes
        return bool(sum(min(row["likes"], most or row["likes"]) ** 2 for row in self.raters) <= most_paths)

    def count(
        self,
        together: InTransaction,
        progress: Progress,
        writers: int = 1,
        on_rows: Callable[[list[Row]], None] | None = None,
        most_paths: float = math.inf,
    ) -> dict[str, Any]:
        """All the steps. With `on_rows` a preview: that gets the pairs, and no edge is changed."""
        steps = CoLikes(together, self.settings, self.batch_paths, writers, on_rows)
        if self.basis is None:
            result = self._full(steps, progress)
        else:
            result = self._incremental(steps, self.basis, most_paths, progress)
        if on_rows is None:
            steps.untouch()
            result |= self._summary(together)
        return result

    def _full(self, steps: CoLikes, progress: Progress) -> dict[str, Any]:
        reference_time = max((row["newestAt"] for row in self.raters), default=0)
        with progress("likes", 4, "steps") as advance:
            if not steps.dry_run:
                steps.clear_edges()
                steps.clear_followed()
            advance(1, "old edges cleared")
            n_movies = steps.rank_all_movies()
            advance(1, f"{n_movies} liked movies")
            likes = steps.keep_likes(self.raters, reference_time)
            advance(1, f"{likes.likes} likes")
            ordered = steps.tells_order()
            if ordered:
                self._keep_all_steps(steps)
            advance(1, "in order" if ordered else "in no order")
        by_users = self.settings.denominator == "users"
        basis = Basis(likes.user_decays if by_users else likes.like_decays, reference_time, ordered)
        followed = self._pairs(steps, list(range(n_movies)), basis, progress)
        return {
            "users": likes.users,
            "likes": likes.likes,
            "capped_users": likes.capped,
            "denominator_value": basis.denominator,
            "reference_time": basis.reference_time,
            "ordered": basis.ordered,
            "followed": followed,
        }

    def _keep_all_steps(self, steps: CoLikes) -> None:
        steps.keep_steps([row["userId"] for row in self.raters])

    def _incremental(self, steps: CoLikes, basis: Basis, most_paths: float, progress: Progress) -> dict[str, Any]:
        with progress("likes", 3, "steps") as advance:
            steps.rank_new_movies()
            advance(1)
            if basis.ordered:
                steps.mark_reordered()
            touched_users = steps.keep_touched_likes(basis.reference_time)
            if basis.ordered:
                steps.mark_reordered()
                steps.keep_steps(steps.touched_users())
            advance(1, f"{touched_users} users have changed")
            ranks = steps.touched_ranks()
            advance(1, f"{len(ranks)} movies have changed")
        followed = 0
        if self.settings.top_k is None:
            ranks, paths = steps.count_likes(ranks, basis.reference_time)
            if sum(paths) > most_paths:
                raise _TooMuch
            with progress("recount pairs", sum(paths), "paths") as advance:
                steps.relink(ranks, paths, basis, advance)
            if basis.ordered:
                again, paths = steps.count_likes(steps.reordered_ranks(), basis.reference_time)
                followed = self._follow(steps, again, paths, progress)
        elif steps.has_touched():
            if not self.fits(most_paths):
                raise _TooMuch
            # Which edges are a movie's best depends on all others, so every pair is counted again, and by ranks
            # in the order of the ids, which decide between equal weights.
            if not steps.dry_run:
                steps.clear_edges()
                steps.clear_followed()
            n_movies = steps.rank_all_movies()
            steps.keep_likes(self.raters, basis.reference_time)
            if basis.ordered:
                self._keep_all_steps(steps)
            followed = self._pairs(steps, list(range(n_movies)), basis, progress)
        return {
            **steps.totals(),
            "touched_users": touched_users,
            "touched_movies": len(ranks),
            "denominator_value": basis.denominator,
            "reference_time": basis.reference_time,
            "ordered": basis.ordered,
            "followed": followed,
        }

    def _pairs(self, steps: CoLikes, ranks: list[int], basis: Basis, progress: Progress) -> int:
        """Both graphs; returns how many FOLLOWED_BY relationships were found."""
        ranks, paths = steps.count_likes(ranks, basis.reference_time)
        with progress("count pairs", sum(paths), "paths") as advance:
            (steps.link if self.settings.top_k is None else steps.link_best)(ranks, paths, basis, advance)
        return self._follow(steps, ranks, paths, progress) if basis.ordered else 0

    def _follow(self, steps: CoLikes, ranks: list[int], paths: list[int], progress: Progress) -> int:
        with progress("count what follows", sum(paths), "paths") as advance:
            return steps.follow(ranks, paths, advance)

    def _summary(self, together: InTransaction) -> dict[str, Any]:
        (summary,) = together(lambda transaction: transaction.run(load_query("derive/summary")))
        if not summary["edges"]:
            raise MovieRecError(
                f"No pair of movies reaches weight {self.settings.min_weight} by {self.settings.measure} "
                f"(min_rating {self.settings.min_rating}, min_count {self.settings.min_count}): CO_LIKED would be "
                "empty. Lower --min-weight, --min-count or --min-rating."
            )
        return {
            "movies": summary["movies"],
            "edges": summary["edges"],
            "mean_degree": round(2 * summary["edges"] / summary["movies"], 3),
            "followed": summary["followed"],
        }

    @cached_property
    def raters(self) -> list[Row]:
        """userId, likes, newestAt of each user who likes anything."""
        return self.database.read(load_query("derive/raters"), minRating=self.settings.min_rating)
