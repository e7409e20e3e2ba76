"""Split: RATED -> HELD_OUT, for an honest evaluation.

    newest       the newest `fraction` of the likes of each user with `min_likes` or more
    last         the last like of each such user ("leave one out")
    last-two     the last two likes of each such user: the last is asked for from all before it, the one before it
                 included, which training does not see (Kang and McAuley 2018, and sequential recommenders since)
    global-time  the newest `fraction` of all users' likes
    random       a random `fraction` of the likes of each such user, by `seed`
    canonical    the ratings in a file, such as u1.test of MovieLens 100K, likes or not

Happens before anything is derived; from then on only the evaluation reads HELD_OUT. Whatever was
derived from all ratings before stays in the graph, so derive and train must run again; the commands
that answer from it say so. Each strategy picks the same ratings when it runs over a half-made split, so
an interrupted one can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import latest_run, record_run, reject_unfinished
from movierec.errors import BadRequest, DataRejected, StageMissing
from movierec.graph.load import BATCH_ROWS
from movierec.graph.load_checks import known_kinds
from movierec.graph.results import SplitResult, UndoneSplit
from movierec.graph.settings import SplitSettings
from movierec.ids import Id, Ids, id_array
from movierec.random_streams import user_generator
from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from movierec.ratings.survey import survey_source
from movierec.ratings.validate import CheckedReader
from movierec.records import camel_case

__all__ = ["random_part", "split_ratings", "undo_split"]

Pairs = tuple[Ids, Ids]  # userIds (N,), movieIds (N,)


def split_ratings(database: Database, settings: SplitSettings) -> SplitResult:
    """Hold out a part of the ratings. Repeating it with the same settings changes nothing.

    Raises StageMissing without ratings, BadRequest when the database is split with other settings or when
    likes cannot be told apart by time, DataRejected for a pair of `test_file` that nobody has rated.
    """
    counts = database.read_one(load_query("split/held_out"))
    if not counts["ratings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    reject_unfinished(database, "load")
    if counts["heldOut"]:
        _refuse_other_split(database, settings)
    hold_out = _STRATEGIES[settings.strategy](database, settings)
    with record_run(database, "split", settings.as_dict()) as run:
        hold_out()
        counts = database.read_one(load_query("split/held_out"))
        result = SplitResult(users=counts["users"], held_out=counts["heldOut"], ratings=counts["ratings"])
        run.results |= asdict(result)
    return result


def undo_split(database: Database) -> UndoneSplit:
    """Put every held-out rating back."""
    with record_run(database, "split", {"undo": True}) as run:
        (row,) = database.run_batches(load_query("split/undo"))
        counts = database.read_one(load_query("split/held_out"))
        result = UndoneSplit(restored=row["ratings"], ratings=counts["ratings"])
        run.results |= asdict(result)
    return result


def random_part(movie_ids: Ids, fraction: float, seed: int, user_id: Id) -> Ids:
    """A random part of one user's likes, floor(N * fraction) of them; depends on nothing but the arguments."""
    return user_generator(seed, user_id).permutation(movie_ids)[: int(len(movie_ids) * fraction)]


def _refuse_other_split(database: Database, settings: SplitSettings) -> None:
    last = latest_run(database, "split") or {}
    if last.get("undo"):
        raise BadRequest('A "movierec split --undo" did not finish. Run it again first.')
    used = {name: last.get(camel_case(name)) for name in settings.as_dict()}
    if used != settings.as_dict():
        said = ", ".join(f"{name} {value}" for name, value in used.items() if value is not None)
        raise BadRequest(f'The database is split already, with {said}. Run "movierec split --undo" first.')


# Each strategy checks what it needs, changes nothing yet, and returns the work to be done.


def _newest(database: Database, settings: SplitSettings) -> Callable[[], object]:
    _refuse_without_times(database, settings)
    return lambda: database.run_batches(
        load_query("split/hold_out_newest"),
        minRating=settings.min_rating,
        fraction=settings.fraction,
        minLikes=settings.min_likes,
    )


def _last(database: Database, settings: SplitSettings, held_out: int = 1) -> Callable[[], object]:
    _refuse_without_times(database, settings)
    return lambda: database.run_batches(
        load_query("split/hold_out_last"),
        minRating=settings.min_rating,
        minLikes=settings.min_likes,
        heldOut=held_out,
    )


def _last_two(database: Database, settings: SplitSettings) -> Callable[[], object]:
    return _last(database, settings, 2)


def _global_time(database: Database, settings: SplitSettings) -> Callable[[], object]:
    _refuse_without_times(database, settings)
    moment = _moment(database, settings, settings.fraction)
    return lambda: database.run_batches(
        load_query("split/hold_out_since"), minRating=settings.min_rating, timestamp=moment
    )


def _random(database: Database, settings: SplitSettings) -> Callable[[], object]:
    pairs: list[Pairs] = []
    for row in database.stream(load_query("split/likes"), minRating=settings.min_rating):
        if len(row["movieIds"]) >= settings.min_likes:
            likes = id_array(row["movieIds"])
            held = random_part(likes, settings.fraction, settings.seed, row["userId"])
            pairs.append((np.repeat(id_array([row["userId"]]), len(held)), held))
    return lambda: _hold_out_pairs(database, pairs)


def _canonical(database: Database, settings: SplitSettings) -> Callable[[], object]:
    pairs = []
    with Files(str(settings.test_file)) as files, BadRows() as bad_rows:
        source = survey_source(files, recognise(files, ReadSettings()), known_kinds(database)).source
        reader = CheckedReader(files, source, bad_rows)
        for table in source.tables:
            if table.kind == "ratings":
                for chunk in reader.chunks(table, BATCH_ROWS):
                    pairs.append((chunk.columns["userIds"], chunk.columns["movieIds"]))
    for users, movies in _batches(pairs):
        row = database.read_one(load_query("split/missing_pairs"), userIds=users, movieIds=movies)
        if row["missing"]:
            user, movie = users[row["first"]], movies[row["first"]]
            raise DataRejected(
                f"{settings.test_file}: user {user} has not rated movie {movie} in the database; expected a part "
                "of the ratings that were loaded. Nothing was changed."
            )
    return lambda: _hold_out_pairs(database, pairs)


_STRATEGIES = {
    "newest": _newest,
    "last": _last,
    "last-two": _last_two,
    "global-time": _global_time,
    "random": _random,
    "canonical": _canonical,
}


def _hold_out_pairs(database: Database, pairs: list[Pairs]) -> None:
    for users, movies in _batches(pairs):
        database.write(load_query("split/hold_out_pairs"), userIds=users, movieIds=movies)


def _batches(pairs: list[Pairs]) -> Iterator[Pairs]:
    if pairs:
        users, movies = (np.concatenate(part) for part in zip(*pairs, strict=True))
        for start in range(0, len(users), BATCH_ROWS):
            yield users[start : start + BATCH_ROWS], movies[start : start + BATCH_ROWS]


def _refuse_without_times(database: Database, settings: SplitSettings) -> None:
    if _moment(database, settings, 0.0) == 0:
        raise BadRequest(
            f"The likes carry no times, so {settings.strategy!r} cannot tell which are the newest. "
            "Use --strategy random."
        )


def _moment(database: Database, settings: SplitSettings, fraction: float) -> int | None:
    row = database.read_one(load_query("split/time_of_fraction"), minRating=settings.min_rating, fraction=fraction)
    moment: int | None = row["timestamp"]
    return moment
