"""How long each stage takes on ml-latest-small, and the rates that follow.

    python -m benchmarks.stages

On an embedded server of its own, cold at first: the figures of a first run, not of a warmed-up one.
"""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.common import MOVIELENS, timed
from movierec.embedding.plan import pairs_in
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_followed_graph
from movierec.graph.settings import DeriveSettings


def main() -> None:
    _, seconds = timed(
        lambda: subprocess.run([sys.executable, "-m", "movierec", "--help"], capture_output=True, check=True)
    )
    print(f"movierec --help        {seconds:8.2f} s")
    with scratch_database(dict(os.environ)) as (database, home):
        loaded, seconds = timed(lambda: load_ratings(database, MOVIELENS))
        print(f"load, cold             {seconds:8.2f} s  {loaded.ratings / seconds:12,.0f} ratings/s")
        loaded, seconds = timed(lambda: load_ratings(database, MOVIELENS))
        print(f"load again             {seconds:8.2f} s  {loaded.ratings / seconds:12,.0f} ratings/s")
        for preset in ("keras", "default"):
            derived, seconds = timed(lambda: derive_co_liked(database, DeriveSettings.from_preset(preset)))
            print(f"derive {preset:8}        {seconds:8.2f} s  {derived.edges / seconds:12,.0f} edges/s")
        edges = pull_followed_graph(database).n_edges
        for name, settings in {"default": TrainSettings(), "window 5": TrainSettings(window_size=5)}.items():
            # The second time: the first compiles, and imports PyTorch while it pulls.
            _, trained = (train_and_write(database, settings, home.checkpoints) for _ in range(2))
            pairs = (
                trained.walks_per_epoch * settings.epochs * pairs_in(settings.walk_length, settings.window_size)
            )
            for part, amount, unit in (
                ("pull", edges, "edges"),
                ("train", pairs, "pairs"),
                ("tune", trained.profile_movies, "movies"),
                ("write", trained.movies, "movies"),
            ):
                seconds = getattr(trained, f"{part}_seconds")
                print(f"{part + ' (' + name + ')':22} {seconds:8.2f} s  {amount / seconds:12,.0f} {unit}/s")
            seconds = trained.seconds
            print(f"{'all (' + name + ')':22} {seconds:8.2f} s  {pairs / seconds:12,.0f} pairs/s")


if __name__ == "__main__":
    main()
