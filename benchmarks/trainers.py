"""Skip-gram trainers side by side, on the same walks.

    python -m benchmarks.trainers peers   ours, gensim and PyTorch's own sparse embeddings; speed and quality
    python -m benchmarks.trainers busy    ours with one thread and two, alone and beside two busy processes
    python -m benchmarks.trainers parts   where the time of a step goes

Walks of 40 (10 from each movie on ml, 1 on big), window 5 on both sides, 5 negatives, 64 numbers, one thread.
gensim reads them from a file (its fastest way) with windows that are not shrunk, so that both train on the same
pairs, as many times.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gensim.models import Word2Vec
from numpy.typing import NDArray

from benchmarks.common import in_turns, parts, publish, table
from benchmarks.graphs import big, ml
from benchmarks.vectors import edge_auc, neighbour_recall
from movierec.arrays import MovieGraph
from movierec.embedding.batches import Batches
from movierec.embedding.plan import Plan
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import SkipGram
from movierec.embedding.train import train_embeddings, walk_frequency
from movierec.embedding.walks import Walker, Walks
from movierec.training.threads import training_threads

ROUNDS = 3
SPARSE_PAIRS = 200_000  # PyTorch's way is slow: it is timed on a part of the pairs
SPARSE_BATCH = 8_192

Vectors = NDArray[np.float32]


def ours(graph: MovieGraph, settings: TrainSettings, walks: Walks) -> Vectors:
    """The walks of one epoch, again and again, prepared and trained on in one thread."""
    walker = Walker.prepare(graph, 1.0, 1.0, settings.seed)
    plan = Plan.of(graph.n_movies, settings)
    batches = Batches(walker, plan, settings, walk_frequency(walker, settings.walk_length))
    model = SkipGram(graph.n_movies, settings)
    with training_threads(1):
        for epoch in range(settings.epochs):
            for step, first in enumerate(range(0, len(walks), plan.step_walks)):
                batch = batches.batch(walks[first : first + plan.step_walks], epoch, step)
                model.step(batch, settings.learning_rate, with_loss=step % 8 == 0)
    return model.centre.numpy()


def gensim(path: Path, n_movies: int, settings: TrainSettings) -> Vectors:
    model = Word2Vec(
        corpus_file=str(path),
        vector_size=settings.embedding_size,
        window=settings.window_size,
        shrink_windows=False,
        sg=1,
        hs=0,
        negative=settings.negative_samples,
        ns_exponent=settings.negative_exponent,
        sample=0,
        min_count=0,
        workers=1,
        epochs=settings.epochs,
        seed=1,
    )
    vectors: Vectors = model.wv[[str(v) for v in range(n_movies)]]
    return vectors


def torch_sparse(walks: Walks, n_movies: int, settings: TrainSettings) -> Callable[[], None]:
    """nn.Embedding(sparse=True), autograd and SparseAdam, on SPARSE_PAIRS pairs."""
    position = np.arange(settings.walk_length)
    i, j = np.nonzero(
        (np.abs(position[:, None] - position) <= settings.window_size) & (position[:, None] != position)
    )
    some = torch.from_numpy(walks[: SPARSE_PAIRS // len(i) + 1].astype(np.int64))
    centres, contexts = some[:, i].reshape(-1)[:SPARSE_PAIRS], some[:, j].reshape(-1)[:SPARSE_PAIRS]
    one, other = (torch.nn.Embedding(n_movies, settings.embedding_size, sparse=True) for _ in range(2))
    optimiser = torch.optim.SparseAdam([*one.parameters(), *other.parameters()], lr=0.01)

    def train() -> None:
        for c, o in zip(centres.split(SPARSE_BATCH), contexts.split(SPARSE_BATCH), strict=True):
            negatives = torch.randint(0, n_movies, (len(c), settings.negative_samples))
            centre = one(c)
            true = (centre * other(o)).sum(1)
            false = torch.bmm(other(negatives), centre[:, :, None])[:, :, 0]
            loss = -(torch.nn.functional.logsigmoid(true).sum() + torch.nn.functional.logsigmoid(-false).sum())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return train


def peers() -> None:
    torch.set_num_threads(1)
    rows = []
    for name, graph, per_movie, epochs in (("ml, L = 40", ml(), 10, 5), ("big, L = 40", big(), 1, 3)):
        print(f"measuring {name}", file=sys.stderr, flush=True)
        settings = TrainSettings(walks_per_node=per_movie, window_size=5, epochs=epochs)
        walker = Walker.prepare(graph, 1.0, 1.0, 1)
        walks = np.concatenate(list(walker.blocks(0, per_movie, 40, block_walks=4096)))
        pairs = Plan.of(graph.n_movies, settings).pairs * epochs
        found: dict[str, Vectors] = {}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "walks.txt"
            np.savetxt(path, walks, fmt="%d")

            def keep(name: str, work: Callable[[], Vectors]) -> Callable[[], None]:
                return lambda: found.update({name: work()})

            seconds = in_turns(
                {
                    "movierec": keep("movierec", lambda: ours(graph, settings, walks)),
                    "gensim": keep("gensim", lambda: gensim(path, graph.n_movies, settings)),
                    "torch sparse": torch_sparse(walks, graph.n_movies, settings),
                },
                ROUNDS,
                time.process_time,
            )
        for way, taken in seconds.items():
            rate = (SPARSE_PAIRS if way == "torch sparse" else pairs) / taken / 1e6
            vectors = found.get(way)
            rows.append(
                [
                    name,
                    way,
                    f"{rate:.2f}",
                    "" if way == "movierec" else f"{pairs / seconds['movierec'] / 1e6 / rate:.1f} x",
                    "" if vectors is None else f"{edge_auc(graph, vectors):.3f}",
                    "" if vectors is None else f"{neighbour_recall(graph, vectors):.3f}",
                ]
            )
    columns = ["walks", "trainer", "M pairs per CPU-second", "movierec is faster by", "edge AUC", "recall@10"]
    publish("trainers", table(columns, rows), gensim=version("gensim"), PyTorch=torch.__version__)


@contextmanager
def busy_processes(n: int) -> Any:
    """Processes that use a core each, if they get one."""
    started = [multiprocessing.get_context("spawn").Process(target=_spin, daemon=True) for _ in range(n)]
    for process in started:
        process.start()
    try:
        time.sleep(1.0 if n else 0.0)
        yield
    finally:
        for process in started:
            process.kill()
            process.join()


def _spin() -> None:
    while True:
        pass


def busy() -> None:
    graph, settings = ml(), TrainSettings(window_size=5, epochs=2)
    pairs = Plan.of(graph.n_movies, settings).pairs * settings.epochs

    def with_torch_threads() -> None:
        """The hazard: PyTorch's own two threads in place of ours."""
        walker = Walker.prepare(graph, 1.0, 1.0, 1)
        plan = Plan.of(graph.n_movies, settings)
        batches = Batches(walker, plan, settings, walk_frequency(walker, 40))
        model = SkipGram(graph.n_movies, settings)
        torch.set_num_threads(2)
        for epoch in range(settings.epochs):
            for batch in batches.epoch(epoch):
                model.step(batch, settings.learning_rate, with_loss=False)

    rows = []
    for others in (0, 2):
        with busy_processes(others):
            seconds = in_turns(
                {
                    "one thread": lambda: train_embeddings(graph, settings, threads=1),
                    "two threads": lambda: train_embeddings(graph, settings, threads=2),
                    "PyTorch's two": with_torch_threads,
                },
                ROUNDS,
            )
        for way, taken in seconds.items():
            rows.append(
                [
                    f"{others} busy processes beside" if others else "nothing beside",
                    way,
                    f"{pairs / taken / 1e6:.1f}",
                    f"{seconds['one thread'] / taken:.2f} x",
                ]
            )
    publish("busy", table(["machine", "training", "M pairs a second", "against one thread"], rows))


def step_parts() -> None:
    """The profile of a step, and what part of the machine's multiplying it reaches."""
    graph, settings = ml(), TrainSettings(window_size=5)
    torch.set_num_threads(1)
    walker = Walker.prepare(graph, 1.0, 1.0, 1)
    plan = Plan.of(graph.n_movies, settings)
    batches = Batches(walker, plan, settings, walk_frequency(walker, 40))
    started = time.perf_counter()
    steps = list(batches.epoch(0))
    preparing = (time.perf_counter() - started) / len(steps)
    model = SkipGram(graph.n_movies, settings)
    for batch in steps[:20]:
        model.step(batch, 0.3, with_loss=False)
    whole = in_turns({"step": lambda: [model.step(batch, 0.3, with_loss=False) for batch in steps]}, 5)["step"]
    whole /= len(steps)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for batch in steps:
            model.step(batch, 0.3, with_loss=False)
    groups = {
        "matrix products": ("bmm", "baddbmm"),
        "gathering rows": ("index_select",),
        "summing gradients by row": ("_embedding_bag_forward_only",),
        "updating rows": ("index_add_", "index_copy_"),
        "sigmoid and weights": ("sigmoid_", "mul_", "sub_"),
    }
    own = {event.key.removeprefix("aten::"): event.self_cpu_time_total for event in profile.key_averages()}
    total = sum(own.values())
    rows = []
    for name, keys in groups.items():
        rows.append([name, f"{sum(own.pop(key, 0.0) for key in keys) / total:.0%}"])
    rows.append(["everything else", f"{sum(own.values()) / total:.0%}"])
    size, shared = settings.embedding_size, steps[0].negatives.shape[1]
    positions = plan.step_walks * plan.walk_length
    flops = 3 * 2 * positions * size * (plan.walk_length + shared)
    square = torch.randn(1024, 1024)
    best = in_turns({"peak": lambda: [square @ square for _ in range(20)]}, 5)["peak"]
    peak = 20 * 2 * 1024**3 / best
    text = (
        f"A step of {positions:,} positions takes {whole * 1e3:.2f} ms, its preparation in the other thread "
        f"{preparing * 1e3:.2f} ms, walks included. Its products are {flops / 1e6:.0f} million operations; at the "
        f"{peak / 1e9:.0f} GFLOP/s that a product of large matrices reaches here they would take "
        f"{flops / peak * 1e3:.2f} ms: {flops / peak / whole:.0%} of the step.\n\n"
    )
    publish("step", text + table(["part of a step", "share"], rows), PyTorch=torch.__version__)


if __name__ == "__main__":
    parts("benchmarks.trainers", {"peers": peers, "busy": busy, "parts": step_parts}, sys.argv[1:])
