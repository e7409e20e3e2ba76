"""How good the recommendations are, beside other methods, on two data sets; writes docs/quality.md.

    python -m benchmarks.quality              all of it
    python -m benchmarks.quality recommend    lists for users, by time and at random, sequential and unordered
    python -m benchmarks.quality similar      movies like a movie, and what vectors know of genres
    python -m benchmarks.quality famous       what --popularity does to movies like a movie
    python -m benchmarks.quality starts       tuning from the walk embeddings, and from others; on inner splits
    python -m benchmarks.quality diversity    what --diversity gains and costs
    python -m benchmarks.quality blend        profile temperatures and the weights of scores, on inner splits
    python -m benchmarks.quality genres       the weight of genres in the profile score, on inner splits
    python -m benchmarks.quality parts        what each part of the score adds
    python -m benchmarks.quality questions    sums of the scores with the order of likes and without
    python -m benchmarks.quality reasons      how much of a score the reasons shown carry, and how they convince

Means of three seeds. The settings are the defaults for both data sets.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import parts, publish, table
from benchmarks.datasets import DATASETS, dataset
from benchmarks.parts import scores_by_parts, with_genres_scaled
from benchmarks.starts import fastrp, random, svd
from movierec.arrays import Lists, positions_in
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.profiles import train_profiles
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.embedding.train import train_embeddings
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.item_to_item import by_similar, by_vectors, evaluate_similarity, genre_probe
from movierec.evaluation.methods import (
    Methods,
    UserProfiles,
    above_zero,
    kernel,
    mean_cosine,
    movierec_scores,
)
from movierec.evaluation.metrics import ndcg
from movierec.evaluation.protocol import (
    evaluate_baselines,
    evaluate_model,
    evaluate_similar,
    mean_of_seeds,
    probe_genres,
    restricted_to,
)
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import (
    Tables,
    differences,
    evaluate_method,
    evaluate_methods,
    list_metrics,
    padded,
    strata,
    strata_means,
)
from movierec.evaluation.tuning import CHOICES, Choice, inner_split, tune_score_settings
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_followed_graph, pull_likes, pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.ids import id_array
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.model import pull_model
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.scoring import Scorer, best_of_rows, share_of_largest

CALLED = {"on": "sequential", "off": "unordered"}
SEEDS = (1, 2, 3)
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
GENRE_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0)
ASKED_FOR_REASONS = 10  # one user in so many
SHOWN = ("ndcg@10", "recall@10", "recall@20", "map@10", "hit_rate@10", "coverage@10", "novelty@10", "diversity@10")


@contextmanager
def _derived(
    name: str, split: Callable[[Database, SplitSettings], object] = split_ratings, strategy: str = "newest"
) -> Iterator[tuple[Database, Path, EvaluationData]]:
    """A scratch database with a data set, split and derived; a folder for checkpoints; and the data."""
    with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, dataset(name, Path(folder)))
        split(database, SplitSettings(strategy=strategy))
        derive_co_liked(database, DeriveSettings(sequential="on"))
        yield database, home.checkpoints, pull_evaluation_data(database, SplitSettings().min_rating)


def recommend() -> None:
    for name in DATASETS:
        for strategy in ("newest", "random"):
            with _derived(name, strategy=strategy) as (database, checkpoints, data):
                publish(f"recommend {name} {strategy}", _measured(database, data, checkpoints), "quality")


def _measured(database: Database, data: EvaluationData, checkpoints: Path) -> str:
    """The tables of one split: every method, differences against EASE, and groups of users."""
    tables, of_lists, _ = evaluate_baselines(data, SEEDS[0])
    graph = pull_movie_graph(database)
    quick = [_by_fastrp(fastrp(graph, TrainSettings().embedding_size, seed), data) for seed in SEEDS]
    quick_tables, quick_lists = mean_of_seeds(quick)
    tables |= quick_tables
    of_lists |= quick_lists
    runs: dict[str, list[tuple[Tables, dict[str, dict[str, float]]]]] = {order: [] for order in CALLED}
    for seed in SEEDS:
        train_and_write(database, TrainSettings(seed=seed), checkpoints)
        for order, found in runs.items():
            found.append(evaluate_model(pull_model(database, order == "on"), data))
            print(order, seed, f"{found[-1][0]['movierec']['ndcg@10'].mean():.4f}", file=sys.stderr, flush=True)
    for order, found in runs.items():
        own_tables, own_lists = mean_of_seeds(found)
        for method in own_tables:
            of_both = method in ("co_liked", "vectors_cosine", "vectors_kernel")
            called = method if of_both else f"{method}, {CALLED[order]}"
            tables[called], of_lists[called] = own_tables[method], own_lists[method]
    names = sorted(tables, key=lambda name: tables[name]["ndcg@10"].mean())
    rows = []
    for name in names:
        means: dict[str, float] = dict(tables[name].mean()) | of_lists[name]
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
            f"{len(data.cases)} users, {len(data.cases.held_out.values):,} held-out likes.",
            table(["method", *SHOWN], rows),
            "Against EASE, paired by user, with 95 % bootstrap intervals:",
            _differences(tables, of_lists, names),
            "NDCG@10 by groups of users:",
            _groups(tables, data),
        ]
    )


def _by_fastrp(embeddings: Embeddings, data: EvaluationData) -> tuple[Tables, dict[str, dict[str, float]]]:
    candidates = data.candidates(embeddings.movie_ids, embeddings.vectors)
    methods = {"fastrp_cosine": mean_cosine(candidates), "fastrp_kernel": kernel(candidates)}
    found = {name: evaluate_method(method, data.cases, data.catalogue) for name, method in methods.items()}
    return {name: one[0] for name, one in found.items()}, {name: one[1] for name, one in found.items()}


def _differences(tables: Tables, of_lists: dict[str, dict[str, float]], names: list[str]) -> str:
    rows = []
    against = differences(tables, "ease")
    for name in names:
        if name != "ease":
            found = against[name]
            low, high = found.interval
            ratio_low, ratio_high = found.ratio_interval
            rows.append(
                [
                    name,
                    f"{found.ndcg:+.4f} ± {found.standard_error:.4f}",
                    f"{low:+.4f} to {high:+.4f}",
                    f"{found.ratio:.3f}",
                    f"{ratio_low:.2f} to {ratio_high:.2f}",
                    f"{of_lists[name]['coverage@10'] / of_lists['ease']['coverage@10']:.2f}",
                ]
            )
    return table(["method", "NDCG@10", "interval", "times EASE's", "interval", "coverage, times EASE's"], rows)


def _groups(tables: Tables, data: EvaluationData) -> str:
    methods = ("most_popular", "item_knn", "ease", "movierec, sequential", "movierec, unordered")
    found = strata_means({name: tables[name] for name in methods}, strata(data.cases, data.catalogue))
    rows = [
        [f"{kind}: {group}", str(values["users"]), *(f"{values[name]:.4f}" for name in methods)]
        for kind, groups in found.items()
        for group, values in groups.items()
    ]
    return table(["group", "users", *methods], rows)


def similar() -> None:
    rows = []
    for name in DATASETS:
        with _derived(name) as (database, checkpoints, data):
            graph = pull_movie_graph(database)
            found: dict[str, list[dict[str, float]]] = {}
            for seed in SEEDS:
                vectors = fastrp(graph, TrainSettings().embedding_size, seed)
                candidates = data.candidates(vectors.movie_ids, vectors.vectors)
                by_fastrp = evaluate_similarity(by_vectors(candidates), data) | genre_probe(
                    candidates.unit, data.catalogue.genres
                )
                found.setdefault("fastrp, cosine", []).append(by_fastrp)
                for order in ("on", "off"):
                    train_and_write(database, TrainSettings(seed=seed, sequential=order), checkpoints)
                    model = pull_model(database)
                    similarities = evaluate_similar(model, data)
                    similarities["plain_cosine"] |= probe_genres(model, data)
                    for similarity, measured in similarities.items():
                        trained = similarity in ("plain_cosine", "similar")
                        called = f"{similarity}, {CALLED[order]}" if trained else similarity
                        found.setdefault(called, []).append(measured)
            base = np.mean([one["next_like_ndcg@10"] for one in found["item_knn"]])
            for similarity, values in found.items():
                hits, jaccard = (
                    np.mean([v[key] for v in values]) for key in ("next_like_ndcg@10", "genres_in_common")
                )
                probes = [value["average_precision"] for value in values if "average_precision" in value]
                probed = f"{np.mean(probes):.3f}" if probes else ""
                rows.append(
                    [f"{name}: {similarity}", f"{hits:.4f}", f"{hits / base:.3f}", f"{jaccard:.3f}", probed]
                )
            chance = probe_genres(model, data)["by_chance"]
            rows.append([f"{name}: by chance", "", "", "", f"{chance:.3f}"])
    columns = ["similarity", "next like, NDCG@10", "times item-kNN's", "genres in common", "genre probe"]
    publish("similar", table(columns, rows), "quality")


def famous() -> None:
    rows = []
    for name in DATASETS:
        with _derived(name) as (database, checkpoints, data):
            train_and_write(database, TrainSettings(sequential="on"), checkpoints)
            vectors = database.read(load_query("embedding/read"))
            candidates = data.candidates(
                id_array(row["movieId"] for row in vectors),
                np.array([row["embedding"] for row in vectors], dtype=np.float32),
            )
            asked = np.argsort(-candidates.like_counts, kind="stable")[:1_000]
            for value in (0.0, -0.05, -0.1, -0.2):
                scores = by_similar(candidates, value)
                found = evaluate_similarity(scores, data)
                of_asked = scores(asked)
                of_asked[np.arange(len(asked)), asked] = -np.inf
                listed = best_of_rows(of_asked, 10).values
                rows.append(
                    [
                        f"{name}, --popularity {value:g}",
                        f"{found['next_like_ndcg@10']:.4f}",
                        f"{found['genres_in_common']:.3f}",
                        f"{np.median(candidates.like_counts[listed]):.0f}",
                        f"{len(np.unique(listed)):,}",
                    ]
                )
    columns = ["", "next like, NDCG@10", "genres in common", "median likes of a listed movie", "movies listed"]
    publish("famous", table(columns, rows), "quality")


def starts() -> None:
    rows = []
    for name in DATASETS:
        with _derived(name, inner_split) as (database, checkpoints, data):
            for order in ("on", "off"):
                found: dict[str, list[tuple[float, float]]] = {}
                for seed in SEEDS:
                    settings = TrainSettings(seed=seed, sequential=order).resolved(order == "on")
                    train_and_write(database, settings, checkpoints)
                    model = pull_model(database)
                    for start, scorer in _by_start(database, settings, model.scorer):
                        methods = restricted_to(movierec_scores(scorer), model, data.catalogue)
                        measured = evaluate_methods(methods, data.cases, data.catalogue)
                        alone, blended = (
                            measured[way][0]["ndcg@10"].mean() for way in ("profile_vectors", "movierec")
                        )
                        found.setdefault(start, []).append((alone, blended))
                        print(name, order, seed, start, f"{alone:.4f} {blended:.4f}", file=sys.stderr, flush=True)
                for start, values in found.items():
                    mean, spread = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
                    shown = (f"{m:.4f} ± {s:.4f}" for m, s in zip(mean, spread, strict=True))
                    rows.append([f"{name}, {CALLED[order]}: {start}", *shown])
    publish("starts", table(["start of the profiles", "profile vectors alone", "recommend"], rows), "quality")


def _by_start(database: Database, settings: TrainSettings, scorer: Scorer) -> Iterator[tuple[str, Scorer]]:
    """The scorer with profiles trained from each start, all of the same length on average."""
    pull = pull_followed_graph if settings.walk_graph == "FOLLOWED_BY" else pull_movie_graph
    graph, likes = pull(database), pull_likes(database)
    walked = train_embeddings(graph, settings)
    length = np.linalg.norm(walked.vectors, axis=1).mean()
    others = {
        build.__name__: build(graph, settings.embedding_size, settings.seed) for build in (random, fastrp, svd)
    }
    for name, start in {"walks": walked, **others}.items():
        scale = np.float32(length / np.linalg.norm(start.vectors, axis=1).mean())
        assert start.contexts is not None
        scaled = replace(start, vectors=start.vectors * scale, contexts=start.contexts * scale)
        trained = train_profiles(likes, scaled, settings)
        yield name, replace(scorer, profiles=trained.profiles, contexts=trained.contexts, bias=trained.bias)


def diversity() -> None:
    rows = []
    for name in DATASETS:
        with _derived(name) as (database, checkpoints, data):
            train_and_write(database, TrainSettings(sequential="on"), checkpoints)
            recommender = Recommender(database)
            for value in (0.0, 0.1, 0.2, 0.3, 0.5, 0.7):
                users, held_out = data.cases.users.user_ids.tolist(), data.cases.held_out
                request = RecommendationRequest(users[0], k=10, diversity=value)
                lists, hits = [], []
                for i, (_, recommended) in enumerate(recommender.recommend_many(users, request)):
                    lists.append(positions_in(data.catalogue.movie_ids, [row.movie_id for row in recommended]))
                    hits.append(ndcg(np.isin(lists[-1], held_out[i]), len(held_out[i]), 10))
                of_lists = list_metrics(padded(Lists.of(lists), 10), data.catalogue)
                shown = (f"{of_lists[key]:.3f}" for key in ("coverage@10", "novelty@10", "diversity@10"))
                rows.append([f"{name}, --diversity {value:g}", f"{np.mean(hits):.4f}", *shown])
    publish("diversity", table(["", "ndcg@10", "coverage@10", "novelty@10", "diversity@10"], rows), "quality")


def blend() -> None:
    texts = []
    weights = sorted({(one.prediction_weight, one.encoder_weight) for one in CHOICES})
    for order, strategy in (("on", "newest"), ("off", "newest"), ("off", "random")):
        sums = dict.fromkeys(CHOICES, 0.0)
        for name in DATASETS:
            with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
                load_ratings(database, dataset(name, Path(folder)))
                settings = (
                    SplitSettings(strategy=strategy),
                    DeriveSettings(sequential="on"),
                    TrainSettings(sequential=order),
                )
                rows = tune_score_settings(database, *settings, home.checkpoints, n_seeds=len(SEEDS))
                most = max(row.ndcg for row in rows)
                for row in rows:
                    choice = Choice(**{key: getattr(row, key) for key in Choice._fields})
                    sums[choice] += row.ndcg / most / len(DATASETS)
        first = sorted({(one.profile_temperature, one.graph_weight) for one in CHOICES})
        lines = [[f"{t:g}, {g:g}", *(f"{sums[Choice(t, g, *two)]:.3f}" for two in weights)] for t, g in first]
        texts += [
            f"{CALLED[order].capitalize()}, held out: {strategy}; columns: prediction weight, encoder weight",
            table(["temperature, graph weight", *(f"{p:g}, {e:g}" for p, e in weights)], lines),
        ]
    publish("blend", "\n\n".join(texts), "quality")


def genres() -> None:
    """Genre weights, of the same training."""
    rows = []
    for name in DATASETS:
        for strategy, order in (("newest", "on"), ("random", "off")):
            with _derived(name, inner_split, strategy) as (database, checkpoints, data):
                found: dict[float, list[float]] = {}
                for seed in SEEDS:
                    trained = train_and_write(database, TrainSettings(seed=seed), checkpoints)
                    model = pull_model(database, order == "on")
                    for weight in GENRE_WEIGHTS:
                        factor = weight / trained.settings.genre_weight
                        scorer = with_genres_scaled(model.scorer, trained.genre_dimensions, factor)
                        methods = restricted_to(movierec_scores(scorer), model, data.catalogue)
                        own, _ = evaluate_methods(methods, data.cases, data.catalogue)["movierec"]
                        found.setdefault(weight, []).append(float(own["ndcg@10"].mean()))
                shown = (f"{np.mean(one):.4f} ± {np.std(one, ddof=1):.4f}" for one in found.values())
                rows.append([f"{name}, {strategy}, {CALLED[order]}", *shown])
                print(rows[-1], file=sys.stderr, flush=True)
    publish("genres", table(["genre weight", *(f"{weight:g}" for weight in GENRE_WEIGHTS)], rows), "quality")


def parts_of_scores() -> None:
    columns: dict[str, dict[str, str]] = {}
    for name in DATASETS:
        for strategy, order in (("newest", "on"), ("random", "off")):
            with _derived(name, strategy=strategy) as (database, checkpoints, data):
                found: dict[str, list[float]] = {}
                for seed in SEEDS:
                    trained = train_and_write(database, TrainSettings(seed=seed), checkpoints)
                    model = pull_model(database, order == "on")
                    scores = scores_by_parts(model.scorer, trained.genre_dimensions)
                    methods = restricted_to(scores, model, data.catalogue)
                    for method, (own, _) in evaluate_methods(methods, data.cases, data.catalogue).items():
                        found.setdefault(method, []).append(float(own["ndcg@10"].mean()))
                called = f"{name}, {strategy}, {CALLED[order]}"
                columns[called] = {
                    method: f"{np.mean(one):.4f} ± {np.std(one, ddof=1):.4f}" for method, one in found.items()
                }
                print(called, columns[called], file=sys.stderr, flush=True)
    rows = [[method, *(column[method] for column in columns.values())] for method in next(iter(columns.values()))]
    publish("parts", table(["NDCG@10", *columns], rows), "quality")


def questions() -> None:
    """Sums of the scores with the order of likes and without, from one training."""
    columns: dict[str, dict[float, str]] = {}
    for name in DATASETS:
        for strategy in ("newest", "random"):
            with _derived(name, strategy=strategy) as (database, checkpoints, data):
                found: dict[float, list[float]] = {}
                for seed in SEEDS:
                    train_and_write(database, TrainSettings(seed=seed), checkpoints)
                    model, unordered = pull_model(database, True), pull_model(database, False)
                    methods = restricted_to(_sums(model.scorer, unordered.scorer), model, data.catalogue)
                    measured = evaluate_methods(methods, data.cases, data.catalogue)
                    for share in SHARES:
                        found.setdefault(share, []).append(float(measured[f"{share:g}"][0]["ndcg@10"].mean()))
                columns[f"{name}, {strategy}"] = {
                    share: f"{np.mean(one):.4f} ± {np.std(one, ddof=1):.4f}" for share, one in found.items()
                }
                print(name, strategy, columns[f"{name}, {strategy}"], file=sys.stderr, flush=True)
    rows = [[f"{share:g}", *(column[share] for column in columns.values())] for share in SHARES]
    publish("questions", table(["share of the score without the order", *columns], rows), "quality")


def _sums(sequential: Scorer, unordered: Scorer) -> Methods:
    """(B, M) for each of SHARES, each score divided by its largest among unrated movies."""

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        is_rated = users.rated.marked(sequential.n_movies)
        both = []
        for scorer in (sequential, unordered):
            whole = sum(scorer.scores(users.likes, is_rated), start=np.zeros(is_rated.shape))
            both.append(share_of_largest(whole, is_rated, 1.0))
        for share in SHARES:
            yield f"{share:g}", above_zero((1 - share) * both[0] + share * both[1])

    return scores


def reasons() -> None:
    """The three that are shown, and the three with the largest shares of the same twelve."""
    rows = []
    for name in DATASETS:
        with _derived(name) as (database, checkpoints, data):
            train_and_write(database, TrainSettings(), checkpoints)
            recommender = Recommender(database)
            asked = data.cases.users.user_ids[::ASKED_FOR_REASONS].tolist()
            of_questions = {
                called: [
                    one
                    for user in asked
                    for one in recommender.recommend(RecommendationRequest(user, sequential=order == "on"), 12)
                ]
                for order, called in CALLED.items()
            }
        for called, lists in of_questions.items():
            for rule, key in (("shown", None), ("by share", lambda one: -one.share)):
                chosen = [
                    list(row.because[:3]) if key is None else sorted(row.because, key=key)[:3] for row in lists
                ]
                first = [one[0] for one in chosen if one]
                rows.append(
                    [
                        f"{name}, {called}, {rule}",
                        f"{np.mean([sum(one.share for one in three) for three in chosen]):.0%}",
                        f"{np.median([one.lift for one in first]):.1f}",
                        f"{np.median([one.count for one in first]):.0f}",
                        f"{np.mean([one.count <= 3 for one in first]):.0%}",
                        f"{np.mean([not one for one in chosen]):.1%}",
                    ]
                )
    columns = ["", "of the score", "lift", "liked both", "three or fewer liked both", "no reason"]
    publish("reasons", table(columns, rows), "quality")


if __name__ == "__main__":
    known = {
        "recommend": recommend,
        "similar": similar,
        "famous": famous,
        "starts": starts,
        "diversity": diversity,
        "blend": blend,
        "genres": genres,
        "parts": parts_of_scores,
        "questions": questions,
        "reasons": reasons,
    }
    parts("benchmarks.quality", known, sys.argv[1:])
