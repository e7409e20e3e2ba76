import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec.errors import MovieRecError
from movierec.random_streams import Stream
from movierec.rating_prediction import array_store, train
from movierec.rating_prediction.array_store import ArrayStore, slices, whole_rows
from movierec.rating_prediction.graph import RatingGraph
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import Training, checkpoint_for, train_rating_model
from tests.rating_prediction.planted import parts, planted

SETTINGS = RatingModelSettings(
    embedding_size=8,
    feature_size=4,
    batch_size=100,
    learning_rate=0.02,
    ema_decay=0.9,
    max_epochs=8,
    max_neighbours=9,
)


def in_files(graph: RatingGraph, folder: Path, chunk_size: int = 2**24) -> RatingGraph:
    """The same graph, with every array of ratings in a file."""
    store = ArrayStore(folder, large=0, chunk_size=chunk_size)
    everything = np.ones(graph.n_ratings, dtype=bool)
    return replace(graph, store=store).part(everything)


def test_graph_in_files_leads_to_the_same_model(tmp_path: Path) -> None:
    learnt, _ = parts(planted())
    filed = in_files(learnt, tmp_path)
    assert isinstance(filed.users.base, np.memmap)
    assert filed.fingerprint() == learnt.fingerprint()
    one, other = (train_rating_model(graph, SETTINGS, threads=1) for graph in (learnt, filed))
    assert one.save(tmp_path / "one") == other.save(tmp_path / "other")


def test_sides_are_the_same_however_little_is_worked_on_at_once(tmp_path: Path) -> None:
    graph = planted()
    filed = in_files(graph, tmp_path, chunk_size=50)  # a movie has about 32 ratings, a user 24
    for one, other in ((graph.by_user(), filed.by_user()), (graph.by_movie(), filed.by_movie())):
        for name in ("indptr", "others", "levels", "edges"):
            assert (getattr(one, name) == getattr(other, name)).all()


def test_shuffled_in_parts_is_learnt_from_as_well(tmp_path: Path) -> None:
    learnt, asked = parts(planted())
    settings = replace(SETTINGS, epochs=60, batch_size=300)
    model = train_rating_model(in_files(learnt, tmp_path, chunk_size=700), settings, threads=1)
    assert model.rmse(asked) < 0.8


def test_every_rating_is_in_one_batch_of_an_epoch(tmp_path: Path) -> None:
    graph = in_files(planted(), tmp_path, chunk_size=130)
    training = Training(graph, SETTINGS, Stream.FINAL_FIT)
    batches = list(training.batches(0))
    assert sorted(np.concatenate(batches)) == list(range(graph.n_ratings))
    assert max(map(len, batches)) <= 130 // 5 + 1, "at most a fifth of a part"
    assert np.ptp(batches[0]) > 0.8 * graph.n_ratings, "of all users"


def test_interrupted_training_in_parts_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = in_files(planted(40, 30), tmp_path, chunk_size=130)
    settings = replace(SETTINGS, epochs=2)
    whole = train_rating_model(graph, settings, threads=1)
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
    checkpoint = checkpoint_for(tmp_path / "c", graph, settings, 1)
    step, steps = Training.step, iter(range(13))  # of 20 in an epoch, 5 in a part

    def broken_off(*arguments: Any) -> float:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", broken_off)
        with pytest.raises(KeyboardInterrupt):
            train_rating_model(graph, settings, checkpoint, threads=1)
    gone_on = train_rating_model(graph, settings, checkpoint, threads=1)
    assert gone_on.save(tmp_path / "one") == whole.save(tmp_path / "other")


def test_files_have_no_names_and_so_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def looking(n: int, chunk_size: int) -> Iterator[slice]:
        seen.append(list(tmp_path.iterdir()))
        return slices(n, chunk_size)

    monkeypatch.setattr(array_store, "slices", looking)  # while it is written, when a kill would leave it
    array = ArrayStore(tmp_path, large=99).zeros(100, np.int8)
    array[7] = 1
    assert array.sum() == 1
    assert seen == [[]]
    assert not list(tmp_path.iterdir())


def test_small_arrays_stay_in_memory(tmp_path: Path) -> None:
    assert ArrayStore(tmp_path, large=800).zeros(100, np.int64).base is None
    assert ArrayStore().zeros(1_000, np.int64).base is None


@contextmanager
def files_up_to(n_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_file_that_finds_no_room_says_where_and_what_to_do(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, large=0)
    with (
        files_up_to(2**20),
        pytest.raises(MovieRecError, match=rf"Cannot keep 2 MB of the graph in {tmp_path}.*MOVIEREC_HOME"),
    ):
        store.zeros(2**21, np.int8)


def test_rows_stay_whole() -> None:
    indptr = np.array([0, 3, 5, 5, 15, 16])
    rows = [(part.start, part.stop) for part in whole_rows(indptr, 5)]
    assert rows == [(0, 3), (3, 4), (4, 5)]
    assert [(part.start, part.stop) for part in slices(7, 3)] == [(0, 3), (3, 6), (6, 7)]
    assert not list(slices(0, 3))
