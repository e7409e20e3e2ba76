"""Training of the profile vectors: over all movies and over those of a batch, and how it grows with the ratings.

    python -m benchmarks.profiles             both
    python -m benchmarks.profiles candidates  NDCG@10 by either softmax on two data sets; writes docs/quality.md
    python -m benchmarks.profiles growth [--ratings 1e6,1e7,2.5e7]      time, memory, NDCG@10; writes docs/scale.md

The first holds out what docs/quality.md holds out, means of three seeds. The second takes generated ratings and
needs no database: pairs are counted as `movierec derive --engine local` does it, the best 200 of each movie are
walked on, and each training is a process of its own, whose peak memory is the largest resident set. Of 3,000
users the newest fifth of the likes is held out; the lists are those of the profile score alone, over all movies
that the user has not liked before.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pickle
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import publish, table, timed
from benchmarks.datasets import DATASETS, dataset
from benchmarks.generated_ratings import Ratings, Shape
from movierec.arrays import Adjacency, LikeLists, MovieGraph, graph_from_edges
from movierec.embedding.embeddings import Profiles
from movierec.embedding.estimate import estimate_training
from movierec.embedding.plan import resolved_for_likes, users_to_learn_from
from movierec.embedding.profiles import train_profiles
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.embedding.train import train_embeddings
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import movierec_scores
from movierec.evaluation.metrics import ndcg
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import evaluate_methods
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pair_kernel import MEASURE_CODES, best_cutoffs, count_pairs, fans_of
from movierec.graph.pull import pull_followed_graph, pull_likes, pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.recommendation.model import pull_model
from movierec.recommendation.scoring import LikeHistories, Scorer, like_ages

SEEDS = (1, 2, 3)
WAYS = (("on", "newest"), ("off", "newest"), ("off", "random"))  # sequential, and what is held out
CALLED = {"on": "sequential", "off": "unordered"}
SIZES = "1e6,1e7,2.5e7"
TOP_K, MIN_WEIGHT = 200, 5.0  # of the graph that is walked
CASES = 3_000
PASSES = (1, 4, 16, 64)
LARGEST_FULL = 10**6  # ratings for which all movies are taken as well
MOST_STEPS = 12_000


def candidates() -> None:
    """All movies as candidates, beside those of the batch, from the same walks."""
    rows = []
    for name in DATASETS:
        for order, strategy in WAYS:
            with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
                load_ratings(database, dataset(name, Path(folder)))
                split_ratings(database, SplitSettings(strategy=strategy))
                derive_co_liked(database, DeriveSettings(sequential="on"))
                data = pull_evaluation_data(database, SplitSettings().min_rating)
                likes = pull_likes(database)
                graph = (pull_followed_graph if order == "on" else pull_movie_graph)(database)
                train_and_write(
                    database, TrainSettings(sequential=order, epochs=1, profile_epochs=1), home.checkpoints
                )
                model = pull_model(database)
            found: dict[str, list[list[float]]] = {"all": [], "batch": []}
            for seed in SEEDS:
                settings = TrainSettings(seed=seed, sequential=order)
                walked = train_embeddings(graph, settings)
                for taken, values in found.items():
                    asked, cpu = replace(settings, profile_candidates=taken), time.process_time()
                    trained = train_profiles(likes, walked, asked)
                    cpu = time.process_time() - cpu
                    scorer = replace(
                        model.scorer, profiles=trained.profiles, contexts=trained.contexts, bias=trained.bias
                    )
                    measured = [cpu]
                    methods = restricted_to(movierec_scores(scorer), model, data.catalogue)
                    tables = evaluate_methods(methods, data.cases, data.catalogue)
                    for method in ("profile_vectors", "movierec"):
                        by_user, of_lists = tables[method]
                        measured += [float(by_user["ndcg@10"].mean()), of_lists["coverage@10"]]
                    values.append(measured)
                    print(name, order, strategy, seed, taken, *measured, file=sys.stderr, flush=True)
            for taken, values in found.items():
                (cpu, *means), spread = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
                rows.append(
                    [
                        f"{name}, {CALLED[order]}, held out: {strategy}; {taken}",
                        f"{means[0]:.4f} ± {spread[1]:.4f}",
                        f"{means[1]:.3f}",
                        f"{means[2]:.4f} ± {spread[3]:.4f}",
                        f"{means[3]:.3f}",
                        f"{cpu:.1f} s",
                    ]
                )
    columns = ["candidates", "profile vectors, NDCG@10", "coverage", "recommend, NDCG@10", "coverage", "CPU time"]
    publish("candidates", table(columns, rows), "quality")


@dataclass(frozen=True)
class Case:
    """One user: likes that are given, with their ages, and the movies held out, as positions."""

    given: LikeHistories
    held_out: NDArray[np.int64]
    n_held_out: int  # with those that nobody else likes


def growth(sizes: str = SIZES) -> None:
    """Time, memory and NDCG@10 by the number of ratings and of passes."""
    sizes_of, quality = [], []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes.split(","):
            made = Path(folder) / "made.pickle"
            prepared = apart(prepare, int(float(size)), made)
            settings = TrainSettings(sequential="on")
            done = apart(_train, made, settings)
            sizes_of.append([f"{float(size):,.0f}", *prepared, *done["figures"]])
            quality.append([f"{float(size):,.0f}, from the walks alone", "", "", f"{done['start']:.4f}"])
            quality.append([f"{float(size):,.0f}, as trained by default", *done["quality"]])
            for passes in PASSES:
                if passes * done["steps a pass"] > MOST_STEPS:
                    continue
                taken = ["batch", "all"] if float(size) <= LARGEST_FULL else ["batch"]
                for one in taken:
                    asked = replace(settings, profile_epochs=passes, profile_candidates=one)
                    shown = apart(_train, made, asked)["quality"]
                    quality.append([f"{float(size):,.0f}, {passes} passes, {one}", *shown])
                    print(*quality[-1], file=sys.stderr, flush=True)
    columns = [
        *("ratings", "users", "movies", "likes", "edges"),
        *("walks and skip-gram", "CPU", "estimated", "profiles", "CPU", "estimated", "steps", "peak memory"),
    ]
    texts = [
        table(columns, sizes_of),
        table(["ratings, passes over the users, candidates", "steps", "CPU time", "NDCG@10"], quality),
    ]
    publish("profiles", "\n\n".join(texts), "scale")


def apart(work: Any, *arguments: Any) -> Any:
    """In a process of its own, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def prepare(n_ratings: int, target: Path) -> list[str]:
    """Write likes, graph and cases to `target`."""
    likes, cases = _likes(n_ratings)
    graph = _co_liked(likes)
    target.write_bytes(pickle.dumps((likes, graph, cases), protocol=5))
    numbers = (likes.n_users, likes.n_movies, len(likes.movies), graph.n_edges)
    return [f"{number:,}" for number in numbers]


def _train(made: Path, settings: TrainSettings) -> dict[str, Any]:
    likes, graph, cases = pickle.loads(made.read_bytes())
    walks = made.with_suffix(".walks")
    figures: list[str] = []
    if not walks.exists():
        estimate = estimate_training(graph, settings, 2, likes)
        cpu = time.process_time()
        embeddings, seconds = timed(lambda: train_embeddings(graph, settings))
        cpu = time.process_time() - cpu
        walks.write_bytes(pickle.dumps(embeddings, protocol=5))
        estimated = estimate["expected_seconds"] - estimate["profile_seconds"]
        figures = [f"{seconds:.0f} s", f"{cpu:.0f} s", f"{estimated:.0f} s"]
    embeddings = pickle.loads(walks.read_bytes())
    cpu = time.process_time()
    trained, seconds = timed(lambda: train_profiles(likes, embeddings, settings))
    cpu = time.process_time() - cpu
    resolved = resolved_for_likes(settings, likes)
    steps_a_pass = -(-len(users_to_learn_from(likes)) // resolved.profile_batch_size)
    steps = steps_a_pass * (resolved.profile_epochs or 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found: dict[str, Any] = {"steps a pass": steps_a_pass}
    if figures:
        expected = f"{estimate['profile_seconds']:.0f} s"
        figures += [f"{seconds:.0f} s", f"{cpu:.0f} s", expected, f"{steps:,}", f"{peak:,.0f} MB"]
        start = train_profiles(likes, embeddings, replace(settings, profile_epochs=0))
        found |= {"figures": figures, "start": profile_ndcg(start, cases, settings)}
    return found | {"quality": [f"{steps:,}", f"{cpu:.0f} s", f"{profile_ndcg(trained, cases, settings):.4f}"]}


def _likes(n_ratings: int) -> tuple[LikeLists, list[Case]]:
    """What is left of generated likes, and what was held out."""
    ratings = Ratings(Shape.of(n_ratings), 1)
    generator = np.random.default_rng(1)
    n_users = ratings.shape.n_users
    is_case = np.zeros(n_users + 1, dtype=bool)
    is_case[1 + generator.choice(n_users, min(CASES, n_users), replace=False)] = True
    lists: list[NDArray[np.int64]] = []
    ages: list[NDArray[np.float64]] = []
    held: dict[int, NDArray[np.int64]] = {}
    for block in ratings:
        liked = block.stars >= SplitSettings().min_rating
        users, movies, times = block.users[liked], block.movies[liked], block.timestamps[liked]
        order = np.lexsort((movies, times, users))
        ends = np.flatnonzero(np.diff(users[order], append=-1)) + 1
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            own, when = movies[order[start:end]], times[order[start:end]]
            n_held = int(len(own) * SplitSettings().fraction) if is_case[users[order[start]]] else 0
            if n_held and len(own) >= SplitSettings().min_likes:
                held[len(lists)] = own[len(own) - n_held :]
                own, when = own[: len(own) - n_held], when[: len(when) - n_held]
            lists.append(own)
            ages.append(like_ages(when[::-1])[::-1])
    movie_ids, movies = np.unique(np.concatenate(lists), return_inverse=True)
    likes = LikeLists(
        movie_ids=movie_ids,
        like_counts=np.bincount(movies),
        indptr=np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64),
        movies=movies.astype(np.int32),
        ages=np.concatenate(ages).astype(np.float32),
    )
    cases = []
    for user, out in held.items():
        own_likes = slice(likes.indptr[user], likes.indptr[user + 1])
        given = LikeHistories.of_one(likes.movies[own_likes].astype(np.int64), ages[user])
        known = np.searchsorted(movie_ids, out[np.isin(out, movie_ids)])
        cases.append(Case(given, known, len(out)))
    return likes, cases


def _co_liked(likes: LikeLists) -> MovieGraph:
    """CO_LIKED as `derive` makes it, the best of each movie."""
    n = likes.n_movies
    users = np.repeat(np.arange(likes.n_users), np.diff(likes.indptr))
    lists = (likes.indptr, likes.movies[np.lexsort((likes.movies, users))])
    sums, decays = likes.like_counts.astype(np.float64), np.empty(0)
    thresholds = (MEASURE_CODES["xy_pmi"], float(likes.n_users), 0.0, MIN_WEIGHT, 1)
    cutoffs = np.zeros(n), np.zeros(n, dtype=np.int32)
    fans = fans_of(*lists, n)
    best_cutoffs(0, n, lists, fans, decays, sums, thresholds, TOP_K, cutoffs)
    pointers, neighbours, _, weights = count_pairs(
        np.arange(n), True, lists, fans, decays, sums, thresholds, cutoffs
    )
    sources = np.repeat(np.arange(n), np.diff(pointers))
    return graph_from_edges(likes.movie_ids[sources], likes.movie_ids[neighbours], weights)


def profile_ndcg(profiles: Profiles, cases: list[Case], settings: TrainSettings) -> float:
    """Of the profile score alone, as `recommend` computes it."""
    n = len(profiles.movie_ids)
    none = np.empty(0, dtype=np.int64)
    scorer = Scorer(
        graph=Adjacency.from_edges(n, none, none, np.empty(0)),
        like_half_life=settings.like_half_life if settings.sequential == "on" else None,
        profiles=profiles.profiles,
        contexts=profiles.contexts,
        bias=profiles.bias,
        has_profile=np.ones(n, dtype=bool),
    )
    found = []
    for case in cases:
        scores = scorer.logits(case.given)
        assert scores is not None
        logits = scores[0]
        logits[case.given.movies.values] = -np.inf
        first = np.argpartition(-logits, 10)[:10]
        first = first[np.argsort(-logits[first], kind="stable")]
        found.append(ndcg(np.isin(first, case.held_out), case.n_held_out, 10))
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiles", description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=("candidates", "growth"), help="both by default")
    parser.add_argument("--ratings", default=SIZES, metavar="LIST", help=f"{SIZES} by default")
    asked = parser.parse_args()
    if asked.part != "growth":
        candidates()
    if asked.part != "candidates":
        growth(asked.ratings)


if __name__ == "__main__":
    main()
