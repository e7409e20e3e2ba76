"""Training in several processes (torch.distributed) beside one: seconds, and NDCG@10.

    python -m benchmarks.processes [--ratings 1e6]

Each process trains on one thread beside the one that walks, as torchrun starts it with `movierec train
--threads 1`. On ml-latest-small NDCG@10 is that of `recommend` for what docs/quality.md holds out (newest), means
of three seeds; on generated ratings that of the profile score, as in `benchmarks.profiles growth`, of one seed.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, publish, table
from benchmarks.profiles import SEEDS, apart, prepare, profile_ndcg
from movierec.embedding.profiles import train_profiles
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.embedding.train import train_embeddings
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import movierec_scores
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import evaluate_methods
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_followed_graph, pull_likes
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.recommendation.model import pull_model
from movierec.training.peers import process_peers

PROCESSES = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes", description=__doc__.split("\n")[0])
    parser.add_argument("--ratings", default="1e6", help="how many are generated")
    parser.add_argument("--train", nargs=2, type=Path, help=argparse.SUPPRESS)  # one of several processes
    asked = parser.parse_args()
    if asked.train:
        one_of_several(*asked.train)
        return
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as name:
        rows = [*on_movielens(Path(name)), *on_generated(int(float(asked.ratings)), Path(name))]
    columns = ["ratings; processes", "walks and skip-gram", "speed-up", "profiles", "speed-up", "NDCG@10"]
    publish("processes", table(columns, rows), "scale")


def on_movielens(folder: Path) -> list[list[str]]:
    made = folder / "movielens.pickle"
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, MOVIELENS)
        split_ratings(database, SplitSettings())
        derive_co_liked(database, DeriveSettings(sequential="on"))
        data = pull_evaluation_data(database, SplitSettings().min_rating)
        likes, graph = pull_likes(database), pull_followed_graph(database)
        settings = TrainSettings(sequential="on")
        train_and_write(database, replace(settings, epochs=1, profile_epochs=1), home.checkpoints)
        model = pull_model(database)
    taken: dict[int, list[list[float]]] = {n: [] for n in PROCESSES}
    for seed in SEEDS:
        made.write_bytes(pickle.dumps((likes, graph, replace(settings, seed=seed))))
        for n, values in taken.items():
            profiles, seconds = trained(made, n)
            scorer = replace(
                model.scorer, profiles=profiles.profiles, contexts=profiles.contexts, bias=profiles.bias
            )
            methods = restricted_to(movierec_scores(scorer), model, data.catalogue)
            by_user, _ = evaluate_methods(methods, data.cases, data.catalogue)["movierec"]
            values.append([*seconds, float(by_user["ndcg@10"].mean())])
            print("ml-latest-small", seed, n, *values[-1], file=sys.stderr, flush=True)
    return rows_of("ml-latest-small", taken)


def on_generated(n_ratings: int, folder: Path) -> list[list[str]]:
    prepared, made = folder / "prepared.pickle", folder / "generated.pickle"
    apart(prepare, n_ratings, prepared)
    likes, graph, cases = pickle.loads(prepared.read_bytes())
    settings = TrainSettings(sequential="on", walk_graph="CO_LIKED")
    made.write_bytes(pickle.dumps((likes, graph, settings), protocol=5))
    taken: dict[int, list[list[float]]] = {}
    for n in PROCESSES:
        profiles, seconds = trained(made, n)
        taken[n] = [[*seconds, profile_ndcg(profiles, cases, settings)]]
        print(n_ratings, n, *taken[n][0], file=sys.stderr, flush=True)
    return rows_of(f"{n_ratings:,} generated", taken)


def rows_of(title: str, taken: dict[int, list[list[float]]]) -> list[list[str]]:
    rows = []
    means = {n: np.mean(values, axis=0) for n, values in taken.items()}
    for n, (walked, profiled, ndcg) in means.items():
        spread = f" ± {np.std(taken[n], axis=0, ddof=1)[2]:.4f}" if len(taken[n]) > 1 else ""
        rows.append(
            [
                f"{title}; {n}",
                f"{walked:.1f} s",
                f"{means[1][0] / walked:.2f}",
                f"{profiled:.1f} s",
                f"{means[1][1] / profiled:.2f}",
                f"{ndcg:.4f}{spread}",
            ]
        )
    return rows


def trained(made: Path, processes: int) -> tuple[Any, list[float]]:
    """The profiles and the seconds of both trainings, by so many processes."""
    out = made.with_suffix(".trained")
    launch = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    subprocess.run(
        [sys.executable, "-m", *launch, "-m", "benchmarks.processes", "--train", str(made), str(out)],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return pickle.loads(out.read_bytes())  # type: ignore[no-any-return]


def one_of_several(made: Path, out: Path) -> None:
    """What each process that torchrun starts does; the first writes `out`."""
    likes, graph, settings = pickle.loads(made.read_bytes())
    with process_peers(settings.device) as peers:
        # Compiling is not what is measured.
        quick = replace(settings, epochs=1, walks_per_node=1, profile_epochs=0)
        train_embeddings(graph, quick, threads=1, peers=peers)
        started = time.monotonic()
        walked = train_embeddings(graph, settings, threads=1, peers=peers)
        between = time.monotonic()
        profiles = train_profiles(likes, walked, settings, threads=1, peers=peers)
        if peers.is_first:
            seconds = [between - started, time.monotonic() - between]
            out.write_bytes(pickle.dumps((profiles, seconds), protocol=5))


if __name__ == "__main__":
    main()
