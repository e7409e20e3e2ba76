import dataclasses

import numpy as np
import pytest
import torch
from scipy import stats

from movierec.embedding.batches import Batch, Batches, GradientRows
from movierec.embedding.plan import MIN_STEPS, STEP_POSITIONS, Plan
from movierec.embedding.settings import TrainSettings
from movierec.embedding.walks import Walker
from tests.embedding.test_walks import hub_graph

SETTINGS = TrainSettings(walks_per_node=70, walk_length=8, embedding_size=5, seed=3)
N = 30
FREQUENCY = np.arange(1.0, N + 1)


def batches(**changes: float) -> Batches:
    settings = dataclasses.replace(SETTINGS, **changes)  # type: ignore[arg-type]
    walker = Walker.prepare(hub_graph(), settings.p, settings.q, settings.seed)
    return Batches(walker, Plan.of(N, settings), settings, FREQUENCY)


def assert_same(one: Batch, other: Batch) -> None:
    assert torch.equal(one.walks, other.walks)
    assert torch.equal(one.negatives, other.negatives)
    assert (one.lengths is None) == (other.lengths is None)
    if one.lengths is not None and other.lengths is not None:
        assert torch.equal(one.lengths, other.lengths)


@pytest.mark.parametrize("changes", [{}, {"subsample": 0.005}])
def test_epoch_can_be_entered_at_any_step(changes: dict[str, float]) -> None:
    whole = list(batches(**changes).epoch(2))
    assert len(whole) == batches().plan.steps
    for first in (1, 50, len(whole) - 1):
        for one, other in zip(batches(**changes).epoch(2, first), whole[first:], strict=True):
            assert_same(one, other)


def test_steps_together_are_the_walks_of_the_epoch() -> None:
    made = batches()
    walks = np.concatenate(
        list(made.walker.blocks(1, SETTINGS.walks_per_node, SETTINGS.walk_length, block_walks=64))
    )
    assert np.array_equal(torch.cat([batch.walks for batch in made.epoch(1)]).numpy(), walks)


def test_negatives_are_drawn_by_frequency_to_the_exponent_and_by_counter() -> None:
    for exponent in (0.0, 0.75, 1.0):
        drawn = [batch.negatives.ravel() for batch in batches(negative_exponent=exponent).epoch(0)]
        counts = np.bincount(torch.cat(drawn).numpy(), minlength=N)
        expected = FREQUENCY**exponent / (FREQUENCY**exponent).sum() * counts.sum()
        assert stats.chisquare(counts, expected).pvalue > 1e-6
        assert not torch.equal(drawn[0], drawn[1])
    first, again, other = (next(batches().epoch(epoch)).negatives for epoch in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_subsampling_keeps_positions_by_word2vecs_rule_and_in_order() -> None:
    threshold = 0.02
    made = batches(subsample=threshold)
    share = FREQUENCY / FREQUENCY.sum()
    keep = np.minimum(np.sqrt(threshold / share) + threshold / share, 1.0)
    seen, kept = np.zeros(N), np.zeros(N)
    for whole, dropped in zip(batches().epoch(0), made.epoch(0), strict=True):
        assert dropped.lengths is not None
        for before, after, length in zip(
            whole.walks.tolist(), dropped.walks.tolist(), dropped.lengths.tolist(), strict=True
        ):
            remaining = iter(before)
            assert all(movie in remaining for movie in after[:length]), "a subsequence"
            seen += np.bincount(before, minlength=N)
            kept += np.bincount(after[:length], minlength=N)
    assert (np.abs(kept / seen - keep) < 4 * np.sqrt(keep * (1 - keep) / seen) + 1e-9).all()


@pytest.mark.parametrize("tied_embeddings", [False, True])
def test_rows_send_every_gradient_to_its_movie(tied_embeddings: bool) -> None:
    def summed(rows: GradientRows, n: int) -> dict[int, set[int]]:
        ends = [*rows.offsets.tolist()[1:], n]
        return {
            movie: set(rows.order[start:end].tolist())
            for movie, start, end in zip(rows.updated.tolist(), rows.offsets.tolist(), ends, strict=True)
        }

    batch = next(batches(tied_embeddings=tied_embeddings).epoch(0))
    flat = batch.walks.ravel().tolist()
    contexts = flat + batch.negatives.ravel().tolist()
    for rows, movies in (
        (batch.centres, flat),
        (batch.contexts, flat + contexts if tied_embeddings else contexts),
    ):
        found = summed(rows, len(movies))
        assert found == {movie: {i for i, m in enumerate(movies) if m == movie} for movie in set(movies)}


def test_plan_fills_steps_and_gives_small_graphs_many() -> None:
    large, small = Plan.of(100_000, TrainSettings()), Plan.of(50, TrainSettings())
    assert large.step_walks * large.walk_length == STEP_POSITIONS
    assert small.steps >= MIN_STEPS
    for plan in (large, small, Plan.of(1_405, TrainSettings.from_preset("keras"))):
        assert plan.steps == -(-plan.walks // plan.step_walks)
        assert plan.chunk_walks % plan.step_walks == 0
        assert plan.step_walks < plan.group_walks or plan.step_walks % plan.group_walks == 0
