"""How good the recommendations are, beside other methods, on two data sets; writes docs/quality.md.

    python -m benchmarks.quality              all of it
    python -m benchmarks.quality recommend    lists for users, by time and at random, with order on and off
    python -m benchmarks.quality similar      movies like a movie
    python -m benchmarks.quality blend        how taste and evidence are weighed, on inner parts

Means of three seeds. The settings are the defaults for both data sets.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import parts, publish, table
from benchmarks.datasets import DATASETS, dataset
from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.blend import EVIDENCES, TEMPERATURES, sweep_blend
from movierec.evaluation.measuring import compare, measure_method, strata, strata_means
from movierec.evaluation.methods import Method, Person
from movierec.evaluation.protocol import Exam, Tables, mean_of_seeds, measure_baselines, measure_model, pull_exam
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings, undo_split
from movierec.recommending.model import pull_model
from movierec.recommending.scoring import KNOWN_LIKES, likeness

SEEDS = (1, 2, 3)
SHOWN = ("ndcg@10", "recall@10", "recall@20", "map@10", "hit_rate@10", "coverage@10", "novelty@10", "diversity@10")
HEAD = 1_000  # movies, the most liked, whose neighbours' genres are looked at


def recommend() -> None:
    for name in DATASETS:
        with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
            load_ratings(database, dataset(name, Path(folder)))
            for strategy in ("newest", "random"):
                split_ratings(database, SplitSettings(strategy))
                derive_co_liked(database, DeriveSettings(order="on"))
                exam = pull_exam(database, SplitSettings().min_rating)
                text = _measured(database, exam, home.checkpoints)
                publish(f"recommend {name} {strategy}", text, "quality")
                undo_split(database)


def _measured(database: Database, exam: Exam, checkpoints: Path) -> str:
    """The tables of one split: every method, differences against EASE, and groups of users."""
    tables, of_lists = measure_baselines(exam, SEEDS[0])
    for order in ("on", "off"):
        runs = []
        for seed in SEEDS:
            train_and_write(database, TrainSettings(seed=seed, order=order), checkpoints)
            runs.append(measure_model(database, exam))
            print(order, seed, f"{runs[-1][0]['movierec']['ndcg@10'].mean():.4f}", file=sys.stderr, flush=True)
        means, lists = mean_of_seeds(runs)
        for method in means:
            called = method if method == "co_liked" else f"{method}, order {order}"
            tables[called], of_lists[called] = means[method], lists[method]
    names = sorted(tables, key=lambda name: tables[name]["ndcg@10"].mean())
    rows = []
    for name in names:
        means = {column: tables[name][column].mean() for column in tables[name]} | of_lists[name]
        rows.append(
            [
                name,
                *(
                    f"{means[column]:.4f}" if column in tables[name] else f"{means[column]:.3f}"
                    for column in SHOWN
                ),
            ]
        )
    return "\n\n".join(
        [
            f"{len(exam.questions)} users, {sum(len(q.held_out) for q in exam.questions):,} held-out likes.",
            table(["method", *SHOWN], rows),
            "Against EASE, paired by user, with 95 % bootstrap intervals:",
            _differences(tables, of_lists, names),
            "NDCG@10 by groups of users:",
            _groups(tables, exam),
        ]
    )


def _differences(tables: Tables, of_lists: dict[str, dict[str, float]], names: list[str]) -> str:
    rows = []
    for name in names:
        if name != "ease":
            found = compare(tables[name], tables["ease"])
            low, high = found["interval"]
            ratio_low, ratio_high = found["ratio_interval"]
            rows.append(
                [
                    name,
                    f"{found['ndcg@10']:+.4f} ± {found['standard_error']:.4f}",
                    f"{low:+.4f} to {high:+.4f}",
                    f"{found['ratio']:.3f}",
                    f"{ratio_low:.2f} to {ratio_high:.2f}",
                    f"{of_lists[name]['coverage@10'] / of_lists['ease']['coverage@10']:.2f}",
                ]
            )
    return table(["method", "NDCG@10", "interval", "times EASE's", "interval", "coverage, times EASE's"], rows)


def _groups(tables: Tables, exam: Exam) -> str:
    methods = ("most_popular", "item_knn", "ease", "movierec, order on", "movierec, order off")
    found = strata_means({name: tables[name] for name in methods}, strata(exam.questions, exam.catalogue))
    rows = [
        [f"{kind}: {group}", str(values["users"]), *(f"{values[name]:.4f}" for name in methods)]
        for kind, groups in found.items()
        for group, values in groups.items()
    ]
    return table(["group", "users", *methods], rows)


def similar() -> None:
    rows = []
    for name in DATASETS:
        with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
            load_ratings(database, dataset(name, Path(folder)))
            split_ratings(database, SplitSettings())
            derive_co_liked(database, DeriveSettings(order="on"))
            exam = pull_exam(database, SplitSettings().min_rating)
            found: dict[str, list[tuple[float, float]]] = {}
            for order in ("on", "off"):
                for seed in SEEDS:
                    train_and_write(database, TrainSettings(seed=seed, order=order), home.checkpoints)
                    for method, scores in _likenesses(database, exam).items():
                        called = f"{method}, order {order}" if method.startswith("movierec") else method
                        found.setdefault(called, []).append(_item_to_item(scores, exam))
            for method, values in found.items():
                ndcg, jaccard = np.mean(values, axis=0)
                base = np.mean([value[0] for value in found["item-kNN"]])
                rows.append([f"{name}: {method}", f"{ndcg:.4f}", f"{ndcg / base:.3f}", f"{jaccard:.3f}"])
    publish(
        "similar", table(["method", "next like, NDCG@10", "times item-kNN's", "genres in common"], rows), "quality"
    )


def _likenesses(database: Database, exam: Exam) -> dict[str, Any]:
    """Functions from a movie's position to (C,) how like it each movie is."""
    model = pull_model(database)
    catalogue = exam.catalogue
    unit = np.zeros((len(catalogue.movie_ids), model.unit.shape[1]))
    unit[np.searchsorted(catalogue.movie_ids, model.movie_ids)] = model.unit
    users, movies = exam.likes
    likes = np.zeros((exam.n_users, len(catalogue.movie_ids)), dtype=np.float32)
    likes[users, movies] = 1.0
    both = likes.T @ likes
    np.fill_diagonal(both, 0.0)
    norms = np.sqrt(catalogue.like_counts)

    def blended(movie: int) -> np.ndarray:
        weights = exam.co_liked.gathered(np.array([movie]), np.ones(1))
        scores = likeness(unit @ unit[movie], weights)
        return np.where(catalogue.like_counts >= KNOWN_LIKES, scores, scores - 1e3)

    return {
        "item-kNN": lambda movie: both[movie] / (norms[movie] * norms + 30.0),
        "CO_LIKED": lambda movie: exam.co_liked.gathered(np.array([movie]), np.ones(1)),
        "movierec --plain-cosine": lambda movie: unit @ unit[movie],
        "movierec": blended,
    }


def _item_to_item(scores: Any, exam: Exam) -> tuple[float, float]:
    """NDCG@10 of finding held-out likes from the newest training like; and the genres that movies share with the
    ten most like them: mean Jaccard, over the most liked movies.
    """
    asked = [question for question in exam.questions if len(question.person.liked.movies)]

    def from_newest(person: Person) -> np.ndarray:
        return np.asarray(scores(int(person.liked.movies[0])), dtype=np.float64)

    method: Method = from_newest
    ndcg = measure_method(method, asked, exam.catalogue)[0]["ndcg@10"].sum() / len(exam.questions)
    genres = exam.catalogue.genres
    found = []
    for movie in np.argsort(-exam.catalogue.like_counts, kind="stable")[:HEAD].tolist():
        near = np.array(scores(movie), dtype=np.float64)
        near[movie] = -np.inf
        ten = np.argsort(-near, kind="stable")[:10]
        common, either = (genres[ten] & genres[movie]).sum(1), (genres[ten] | genres[movie]).sum(1)
        found.append((common / np.maximum(either, 1)).mean())
    return float(ndcg), float(np.mean(found))


def blend() -> None:
    columns = [f"{evidence:g}" for evidence in EVIDENCES]
    texts = []
    for order, strategy in (("on", "newest"), ("off", "newest"), ("off", "random")):
        sums: dict[tuple[float, float], float] = {}
        for name in DATASETS:
            with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
                load_ratings(database, dataset(name, Path(folder)))
                settings = (SplitSettings(strategy), DeriveSettings(order="on"), TrainSettings(order=order))
                rows = sweep_blend(database, *settings, home.checkpoints, n_seeds=len(SEEDS))
                most = max(row["ndcg@10"] for row in rows)
                for row in rows:
                    pair = (row["temperature"], row["evidence"])
                    sums[pair] = sums.get(pair, 0.0) + row["ndcg@10"] / most / len(DATASETS)
        lines = [[f"temperature {t:g}", *(f"{sums[t, e]:.3f}" for e in EVIDENCES)] for t in TEMPERATURES]
        texts += [f"Order {order}, held out: {strategy}; evidence", table(["", *columns], lines)]
    publish("blend", "\n\n".join(texts), "quality")


if __name__ == "__main__":
    parts("benchmarks.quality", {"recommend": recommend, "similar": similar, "blend": blend}, sys.argv[1:])
