"""Baselines with the settings that each data set likes best, and blends of two of them; movierec is beside them.

    python -m benchmarks.peers              on both data sets, by time and at random
    python -m benchmarks.peers newest       by time alone; also random, or one data set by its name, or both

`movierec evaluate` gives every baseline one setting. Here each of those that have settings to choose gets those of
a grid that are best by NDCG@10 on an inner split of the training likes, and the sum of EASE and another, each
standardised over the movies that a user has not rated, gets the best weight of the other. What was chosen is then
run once on the held-out likes. Seconds are those of fitting. movierec's settings are its defaults, the same
everywhere; means of three seeds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import publish, table, timed
from benchmarks.datasets import DATASETS, dataset
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.baselines import ease, ials, of_likes
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.methods import UserProfiles, movierec_scores
from movierec.evaluation.neural_baselines import gru4rec, sasrec
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.sequential_baselines import (
    MarkovSettings,
    Scores,
    SlistSettings,
    StanSettings,
    markov_chain,
    slist,
    stan,
)
from movierec.evaluation.tables import evaluate_method, evaluate_methods
from movierec.evaluation.tuning import inner_split
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import silently
from movierec.recommendation.model import pull_model

SEEDS = (1, 2, 3)
ALONE = ("ease",)  # the others are blended with it
WEIGHTS = (0.5, 1.0, 2.0, 3.0)  # of the other, in a blend with EASE
Choice = Mapping[str, float]


@dataclass(frozen=True)
class _Peer:
    fit: Callable[..., Scores]  # (likes, n_movies, settings by name)
    grid: Mapping[str, Sequence[float]]

    def choices(self) -> list[Choice]:
        return [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]


PEERS = {
    "ease": _Peer(lambda likes, n: of_likes(ease)(likes, n, 1, silently), {}),
    "ials": _Peer(
        lambda likes, n, **chosen: of_likes(partial(ials, **chosen))(likes, n, 1, silently),
        {"unobserved_weight": (0.1, 0.3), "regularisation": (0.01, 0.03)},
    ),
    "markov_chain": _Peer(
        lambda likes, n, **chosen: markov_chain(likes, n, MarkovSettings(**chosen)),
        {
            "scale": (3.0, 10.0, 30.0),
            "half_life": (1.0, 3.0, 10.0),
            "likes_power": (0.0, 0.3),
            "backward": (0.0, 0.3),
        },
    ),
    "stan": _Peer(
        lambda likes, n, **chosen: stan(likes, n, StanSettings(**chosen)),
        {"half_life": (3.0, 10.0, 30.0), "spread": (3.0, 10.0, 30.0), "sharpness": (1.0, 1.5, 2.0)},
    ),
    "slist": _Peer(
        lambda likes, n, **chosen: slist(likes, n, SlistSettings(**chosen)),
        {
            "ridge": (100.0, 300.0),
            "share_of_all": (0.5, 0.8),
            "half_life": (10.0, 20.0),
            "half_life_before": (10.0, 20.0),
        },
    ),
}
# Where what comes next is asked for: they take minutes, and are no use at random.
NETS = {
    "gru4rec": _Peer(gru4rec, {"epochs": (12.0, 24.0, 36.0)}),
    "sasrec": _Peer(sasrec, {"epochs": (16.0,), "dropout": (0.2, 0.5)}),
}


def _standardised(scores: NDArray[np.float64], is_rated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(B, C) with mean 0 and standard deviation 1 over what each user has not rated."""
    known = np.where(is_rated, np.nan, scores)
    means, spreads = np.nanmean(known, axis=1, keepdims=True), np.nanstd(known, axis=1, keepdims=True)
    return np.asarray((scores - means) / np.where(spreads > 0, spreads, 1.0))


def _ndcg(scores: Scores, data: EvaluationData) -> float:
    table_, _ = evaluate_method(lambda users: scores(users.likes), data.cases, data.catalogue)
    return float(table_["ndcg@10"].mean())


def _blend_ndcg(first: Scores, second: Scores, weight: float, data: EvaluationData) -> float:
    n_movies = len(data.catalogue.movie_ids)

    def scores(users: UserProfiles) -> NDArray[np.float64]:
        is_rated = users.rated.marked(n_movies)
        one = _standardised(first(users.likes), is_rated)
        return np.asarray(one + weight * _standardised(second(users.likes), is_rated))

    return float(evaluate_method(scores, data.cases, data.catalogue)[0]["ndcg@10"].mean())


def _data(
    name: str, split: SplitSettings, orders: Sequence[str], *, inner: bool
) -> tuple[EvaluationData, dict[str, list[float]]]:
    """The likes and what is asked for; and movierec's NDCG@10 by seed, for each of `orders`."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, dataset(name, Path(folder)))
        (inner_split if inner else split_ratings)(database, split)
        derive_co_liked(database, DeriveSettings(sequential="on"))
        data = pull_evaluation_data(database, split.min_rating)
        for order, seed in product(orders, SEEDS):
            train_and_write(database, TrainSettings(seed=seed), home.checkpoints)
            model = pull_model(database, order == "on")
            methods = restricted_to(movierec_scores(model.scorer), model, data.catalogue)
            measured = evaluate_methods(methods, data.cases, data.catalogue)["movierec"][0]
            found.setdefault(order, []).append(float(measured["ndcg@10"].mean()))
    return data, found


def _compared(name: str, strategy: str, order: str) -> str:
    split = SplitSettings(strategy=strategy)
    inner, _ = _data(name, split, (), inner=True)
    outer, own = _data(name, split, (order,), inner=False)
    rows: list[list[Any]] = []
    fitted: dict[str, tuple[Scores, Scores, float]] = {}
    peers = PEERS | (NETS if order == "on" else {})
    for called, peer in peers.items():
        tried = []
        for choice in peer.choices():
            scores = peer.fit(inner.likes, len(inner.catalogue.movie_ids), **choice)
            tried.append((_ndcg(scores, inner), choice, scores))
        best, choice, on_inner = max(tried, key=lambda one: one[0])
        on_outer, seconds = timed(lambda: peer.fit(outer.likes, len(outer.catalogue.movie_ids), **choice))
        fitted[called] = (on_inner, on_outer, seconds)
        said = ", ".join(f"{key} {value:g}" for key, value in choice.items())
        rows.append([called, best, _ndcg(on_outer, outer), seconds, f"{said}; of {len(tried)}" if said else ""])
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    for called in [one for one in peers if one not in ALONE]:
        (first, outer_first, one), (second, outer_second, other) = fitted["ease"], fitted[called]
        best, weight = max((_blend_ndcg(first, second, weight, inner), weight) for weight in WEIGHTS)
        on_outer_too = _blend_ndcg(outer_first, outer_second, weight, outer)
        rows.append([f"ease + {called}", best, on_outer_too, one + other, f"weight {weight:g}; of {len(WEIGHTS)}"])
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    rows.sort(key=lambda row: row[2])
    lines = [[row[0], f"{row[1]:.4f}", f"{row[2]:.4f}", f"{row[3]:.1f}", row[4]] for row in rows]
    values = own[order]
    called = "movierec, sequential" if order == "on" else "movierec, unordered"
    lines.append([called, "", f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}", "", "defaults"])
    return table(["method", "inner NDCG@10", "NDCG@10", "seconds", "chosen on the inner split"], lines)


def main(wanted: Sequence[str]) -> None:
    for name, (held_out, sequential) in product(DATASETS, (("newest", "on"), ("random", "off"))):
        if set(wanted) <= {name, held_out}:
            publish(f"peers {name} {held_out}", _compared(name, held_out, sequential), "quality")


if __name__ == "__main__":
    main(sys.argv[1:])
