"""Make mistakes on purpose, one at a time, and look whether the tests notice.

    python -m scripts.mutants                # all of MUTANTS
    python -m scripts.mutants 3 7            # the third and the seventh
    python -m scripts.mutants --full         # where the tests named here do not notice, all that `make test` runs

Each mistake is made in a copy of the working tree. First the tests that are most likely to notice it run, those
of `make test` only, until the first that fails. Exits with 1 if any mistake went unnoticed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXCLUDED = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "dist", "build")
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
ALL = ["tests", "--ignore", "tests/containers", "--ignore", "tests/browser", "-n", "2", "--dist", "loadgroup"]


@dataclass(frozen=True)
class Mutant:
    """`old`, which stands in `path` exactly once, becomes `new`."""

    what: str
    path: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "a walk starts at the wrong slot",
        "movierec/embedding/walk_kernel.py",
        "                slot[w] = start + np.int64(",
        "                slot[w] = start - 1 + np.int64(",
        "tests/embedding/test_walks.py",
    ),
    Mutant(
        "p and q change places for what is no neighbour",
        "movierec/embedding/walk_kernel.py",
        "keep = _are_neighbours(indptr, slots, bitmap, t, x) == (out < 1.0)",
        "keep = _are_neighbours(indptr, slots, bitmap, t, x) == (out > 1.0)",
        "tests/embedding/test_walks.py",
    ),
    Mutant(
        "PMI has the wrong sign",
        "cypher/derive/co_liked.cypher",
        "WHEN 'xy_pmi' THEN xy * log(xy * $denominatorValue / (x * y))",
        "WHEN 'xy_pmi' THEN xy * log((x * y) / (xy * $denominatorValue))",
        "tests/graph/test_derive.py",
    ),
    Mutant(
        "a like must be more than the least rating",
        "cypher/derive/likes.cypher",
        "WHERE r.rating >= $minRating",
        "WHERE r.rating > $minRating",
        "tests/graph/test_derive.py",
    ),
    Mutant(
        "an edge must weigh more than the least weight",
        "cypher/derive/co_liked.cypher",
        "weight >= $minWeight",
        "weight > $minWeight",
        "tests/graph/test_derive.py",
    ),
    Mutant(
        "an incremental derivation does not mark the movies whose likes changed",
        "cypher/derive/changed_likes.cypher",
        "SET m:Changed",
        "REMOVE m:Changed",
        "tests/graph/test_derive_incremental.py",
    ),
    Mutant(
        "an older rating wins",
        "cypher/load/ratings.cypher",
        "WHEN r.timestamp > $timestamps[i] OR",
        "WHEN r.timestamp < $timestamps[i] OR",
        "tests/graph/test_load.py",
    ),
    Mutant(
        "the ledger is not read again after a lost answer",
        "movierec/graph/load.py",
        "if done >= part.end_row:",
        "if False:",
        "tests/graph/test_load_faults.py",
    ),
    Mutant(
        "two stages that exclude each other take no lock",
        "movierec/database/runs.py",
        'transaction.run(load_query("runs/lock"))\n        _settle_unfinished(',
        "_settle_unfinished(",
        "tests/database/test_runs.py tests/graph/test_load_faults.py",
    ),
    Mutant(
        "the oldest likes are held out",
        "cypher/split/hold_out_newest.cypher",
        "ORDER BY r.timestamp DESC, m.movieId DESC",
        "ORDER BY r.timestamp, m.movieId DESC",
        "tests/graph/test_split.py",
    ),
    Mutant(
        "order is read backwards",
        "cypher/derive/followed_by.cypher",
        "0 <= ages[own] - ages[place] <= $followWindow",
        "0 <= ages[place] - ages[own] <= $followWindow",
        "tests/graph/test_followed_by.py",
    ),
    Mutant(
        "negatives do not depend on the step",
        "movierec/embedding/batches.py",
        "NEGATIVES + step, 1)",
        "NEGATIVES, 1)",
        "tests/embedding/test_batches.py tests/embedding/test_skipgram.py",
    ),
    Mutant(
        "a learning rate that does not fall",
        "movierec/embedding/train.py",
        "return settings.learning_rate * (1.0 - (1.0 - settings.final_learning_rate_fraction) * progress)",
        "return settings.learning_rate",
        "tests/embedding/test_train.py",
    ),
    Mutant(
        "a checkpoint is written over the one before",
        "movierec/training/checkpoint.py",
        "            self.path.replace(self.previous)\n",
        "            pass\n",
        "tests/training/test_checkpoint.py",
    ),
    Mutant(
        "a gradient is added twice",
        "movierec/embedding/profiles.py",
        "mean = [one.add_(other).div_(n_users) for",
        "mean = [one.add_(one).div_(n_users) for",
        "tests/embedding/test_profiles.py",
    ),
    Mutant(
        "NDCG discounts from rank 2",
        "movierec/evaluation/metrics.py",
        "np.log2(np.arange(2, k + 2))",
        "np.log2(np.arange(3, k + 3))",
        "tests/evaluation/test_metrics.py",
    ),
    Mutant(
        "a movie that was rated is recommended",
        "cypher/recommend/recommend_sequential.cypher",
        "isRated = 1 OR m.movieId IN",
        "isRated = 1 AND m.movieId IN",
        "tests/recommendation",
    ),
    Mutant(
        "the graph score is divided by squares",
        "movierec/recommendation/scoring.py",
        "contributions += graph_score * terms / terms.sum()",
        "contributions += graph_score * terms**2 / (terms**2).sum()",
        "tests/recommendation/test_scoring.py",
    ),
    Mutant(
        "a rating at the end of the scale is refused",
        "movierec/ratings/columns.py",
        "scale.low <= rating <= scale.high",
        "scale.low <= rating < scale.high",
        "tests/ratings",
    ),
    Mutant(
        "whoever listens on the port is taken for our server",
        "movierec/database/embedded/processes.py",
        "return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)",
        "return not is_free(port)",
        "tests/database/embedded/test_server.py",
    ),
    Mutant(
        "a dropout that does not scale what is left",
        "movierec/rating_prediction/network.py",
        "return kept.to(torch.float32) / (1.0 - rate)",
        "return kept.to(torch.float32)",
        "tests/rating_prediction/test_network.py",
    ),
    Mutant(
        "the mean absolute error of stars keeps its signs",
        "movierec/evaluation/rating_prediction.py",
        "np.mean(np.abs(away))",
        "np.mean(away)",
        "tests/evaluation/test_rating_baselines.py tests/rating_prediction/test_stage.py",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", type=int, help="which, from 1; all if none is named")
    parser.add_argument(
        "--full", action="store_true", help="all of make test, where the likely tests notice nothing"
    )
    arguments = parser.parse_args()
    numbers = arguments.numbers or range(1, len(MUTANTS) + 1)
    unnoticed = [number for number in numbers if not _is_noticed(number, MUTANTS[number - 1], arguments.full)]
    print(f"{len(numbers) - len(unnoticed)} of {len(numbers)} mistakes were noticed.")
    if unnoticed:
        sys.exit(f"Unnoticed: {', '.join(map(str, unnoticed))}")


def _is_noticed(number: int, mutant: Mutant, full: bool) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="movierec-mutant-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=EXCLUDED)
        path = tree / mutant.path
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            sys.exit(
                f"Mutant {number}: {mutant.path} holds {mutant.old!r} {text.count(mutant.old)} times, not once."
            )
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        failed = _first_failure(tree, mutant.tests.split())
        if failed is None and full:
            failed = _first_failure(tree, ALL)
    print(f"{number:3}  {mutant.what}: {failed or 'UNNOTICED'} ({time.monotonic() - started:.0f} s)", flush=True)
    return failed is not None


def _first_failure(tree: Path, tests: list[str]) -> str | None:
    """The first test that fails in `tree`; None if all pass."""
    # Processes that the tests start have other working folders, and must find the copy too.
    env = os.environ | {"PYTHONPATH": str(tree)}
    answer = subprocess.run([*PYTEST, *tests], cwd=tree, env=env, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return None
    # An error of a fixture is the surroundings' fault as often as the mistake's, and does not count.
    lines = [line for line in answer.stdout.splitlines() if line.startswith("FAILED ")]
    if answer.returncode != 1 or not lines:
        sys.exit(f"pytest ended with {answer.returncode}:\n{answer.stdout}\n{answer.stderr}")
    return lines[0].split(" - ")[0]


if __name__ == "__main__":
    main()
