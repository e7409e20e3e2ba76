"""Training on the processor and on a GPU, side by side: seconds, and how much is learnt.

    python -m benchmarks.devices

Of ml-latest-small, without a server: walks on CO_LIKED (`graphs.ml4`), profile vectors with the order of likes and
without, and the GRU. The last loss says whether both learn the same: on a GPU numbers are added up in another
order. Each part is trained once before it is timed, for one epoch. Needs a CUDA device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from benchmarks.common import MOVIELENS, publish, table, timed
from benchmarks.graphs import ml4
from movierec.arrays import LikeLists, MovieGraph
from movierec.embedding.profiles import train_profiles
from movierec.embedding.sequence_encoder import train_encoder
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings

SETTINGS = TrainSettings(sequential="on").resolved(True)
WAYS = {
    "processor": SETTINGS,
    "GPU": replace(SETTINGS, device="cuda"),
    "GPU, bfloat16": replace(SETTINGS, device="cuda", mixed_precision=True),
}


def ordered_likes(min_rating: float = 4.0) -> LikeLists:
    """The likes of ml-latest-small, of each user the newest first."""
    columns = np.loadtxt(MOVIELENS / "ratings.csv", delimiter=",", skiprows=1)
    likes = columns[columns[:, 2] >= min_rating]
    likes = likes[np.lexsort((-likes[:, 3], likes[:, 0]))]
    _, sizes = np.unique(likes[:, 0], return_counts=True)
    movie_ids, movies = np.unique(likes[:, 1].astype(np.int64), return_inverse=True)
    return LikeLists(
        movie_ids=movie_ids,
        like_counts=np.bincount(movies),
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        movies=movies.astype(np.int32),
        ages=np.concatenate([np.arange(size, dtype=np.float32) for size in sizes]),
    )


def measured(graph: MovieGraph, likes: LikeLists) -> list[list[str]]:
    """Rows: a part, and for each way its seconds and its last loss."""
    start = train_embeddings(graph, SETTINGS)
    parts: dict[str, Callable[[TrainSettings], tuple[float, ...]]] = {
        "walks": lambda settings: train_embeddings(graph, settings).losses,
        "profile vectors": lambda settings: train_profiles(likes, start, settings).losses,
        "profile vectors, unordered": lambda settings: (
            train_profiles(likes, start, replace(settings, sequential="off")).losses
        ),
        "GRU": lambda settings: train_encoder(likes, start, settings).losses,
    }
    rows = []
    for name, train in parts.items():
        cells = []
        for settings in WAYS.values():
            train(replace(settings, epochs=1, profile_epochs=1, encoder_epochs=1))
            losses, seconds = timed(lambda: train(settings))
            cells += [f"{seconds:.1f} s", f"{losses[-1]:.4f}"]
        rows.append([name, *cells])
    return rows


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit("benchmarks.devices compares with a GPU; PyTorch finds no CUDA device here.")
    columns = [column for name in WAYS for column in (name, "loss")]
    text = table(["", *columns], measured(ml4(), ordered_likes()))
    publish("devices", text, GPU=torch.cuda.get_device_name(), PyTorch=torch.__version__)


if __name__ == "__main__":
    main()
