from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec.rating_prediction.graph import Features, Side, level_of
from movierec.rating_prediction.message_passing import Messages, draw_messages

# Receivers 0..2 and senders 0..3, at two levels.
SIDE = Side.of(
    3,
    np.array([0, 0, 0, 1, 1, 0], dtype=np.int32),
    np.array([3, 1, 0, 1, 2, 2], dtype=np.int32),
    np.array([1, 0, 1, 0, 0, 1], dtype=np.int8),
)
SENDER_DEGREES = np.array([1, 2, 2, 1])


def bags(messages: Messages) -> dict[tuple[int, int], dict[int, float]]:
    """{(level, receiver): {sender: weight}}."""
    ends = [*messages.offsets[1:].tolist(), len(messages.senders)]
    found = {}
    for level in range(len(messages.bounds) - 1):
        for bag in range(messages.bounds[level], messages.bounds[level + 1]):
            own = slice(messages.offsets[bag], ends[bag])
            pairs = zip(messages.senders[own].tolist(), messages.weights[own].tolist(), strict=True)
            found[level, int(messages.receivers[bag])] = dict(pairs)
    return found


def test_all_messages_have_symmetric_weights() -> None:
    found = bags(draw_messages(SIDE, SENDER_DEGREES, np.array([0, 1, 2]), 2))
    assert found == {
        (0, 0): {1: pytest.approx(1 / np.sqrt(4 * 2))},
        (0, 1): {1: pytest.approx(1 / np.sqrt(2 * 2)), 2: pytest.approx(1 / np.sqrt(2 * 2))},
        (1, 0): {
            0: pytest.approx(1 / np.sqrt(4 * 1)),
            2: pytest.approx(1 / np.sqrt(4 * 2)),
            3: pytest.approx(1 / np.sqrt(4 * 1)),
        },
    }, "receiver 2 hears nothing"


def test_what_is_left_out_is_made_up_for_by_the_others() -> None:
    left_out = np.zeros(6, dtype=bool)
    left_out[[0, 1, 3, 4]] = True  # of receiver 0 the ratings of movies 3 and 1, of receiver 1 all
    found = bags(draw_messages(SIDE, SENDER_DEGREES, np.array([1, 0]), 2, left_out=left_out))
    assert found == {(1, 1): {0: pytest.approx(2 / np.sqrt(4 * 1)), 2: pytest.approx(2 / np.sqrt(4 * 2))}}


def test_nothing_to_hear_is_no_bag() -> None:
    messages = draw_messages(SIDE, SENDER_DEGREES, np.array([2]), 2)
    assert (len(messages.senders), len(messages.offsets), messages.bounds.tolist()) == (0, 0, [0, 0, 0])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12), st.integers(1, 9), st.integers(1, 40), st.integers(0, 6), st.randoms(use_true_random=False)
)
def test_messages_are_those_of_a_loop(n: int, m: int, n_ratings: int, n_left_out: int, chance: object) -> None:
    generator = np.random.default_rng(chance.randint(0, 2**31))  # type: ignore[attr-defined]
    pairs = generator.permutation(n * m)[:n_ratings]
    receivers, senders = (pairs // m).astype(np.int32), (pairs % m).astype(np.int32)
    levels = generator.integers(0, 3, len(pairs)).astype(np.int8)
    side = Side.of(n, receivers, senders, levels)
    degrees = np.bincount(senders, minlength=m)
    left_out = np.zeros(len(pairs), dtype=bool)
    left_out[generator.permutation(len(pairs))[:n_left_out]] = True
    asked = generator.permutation(n)[: max(1, n // 2)]
    expected: dict[tuple[int, int], dict[int, Any]] = {}
    for row, receiver in enumerate(asked.tolist()):
        own = (receivers == receiver) & ~left_out
        for sender, level in zip(senders[own].tolist(), levels[own].tolist(), strict=True):
            weight = np.sqrt((receivers == receiver).sum() / degrees[sender]) / own.sum()
            expected.setdefault((level, row), {})[sender] = pytest.approx(weight, rel=1e-6)
    assert bags(draw_messages(side, degrees, asked, 3, left_out=left_out)) == expected


def test_fanout_draws_so_many_and_is_right_on_average() -> None:
    n = 50
    side = Side.of(
        2,
        np.array([0] * n + [1] * 3, dtype=np.int32),
        np.array([*range(n), 0, 1, 2], dtype=np.int32),
        np.array([i % 2 for i in range(n + 3)], dtype=np.int8),
    )
    degrees = np.bincount(side.others, minlength=n)
    values = np.random.default_rng(1).normal(size=n)

    def heard(messages: Messages) -> float:
        first = messages.receivers.repeat(np.diff([*messages.offsets, len(messages.senders)])) == 0
        return float((messages.weights * values[messages.senders])[first].sum())

    whole = draw_messages(side, degrees, np.array([0, 1]), 2)
    generator = np.random.default_rng(2)
    drawn = [
        draw_messages(side, degrees, np.array([0, 1]), 2, left_out=None, max_neighbours=10, generator=generator)
        for _ in range(3_000)
    ]
    assert all(len(one.senders) == 13 for one in drawn), "a receiver of three ratings hears all three"
    assert np.mean([heard(one) for one in drawn]) == pytest.approx(heard(whole), abs=0.1)


def test_nearest_level_is_taken() -> None:
    stars = np.array([0.5, 1.0, 3.0])
    assert level_of(stars, np.array([0.1, 0.5, 0.75, 0.8, 2.0, 2.1, 9.0])).tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_features_tell_what_is_not_known_from_zero() -> None:
    users: list[dict[str, Any]] = [
        {"age": 35, "gender": "F", "occupation": "writer"},
        {"age": None, "gender": None, "occupation": "artist"},
    ]
    movies: list[dict[str, Any]] = [{"genres": ["Drama", "War"], "year": 2000}, {"genres": None, "year": None}]
    features = Features.of(users, movies)
    assert features.of_users(users).tolist() == [[1, 0, 1, 0, 1], [0, 1, 0, 0, 0]]
    assert features.of_movies(movies).tolist() == [[1, 1, 1, 1], [0, 0, 0, 0]]
    stranger = {"age": 45, "gender": "X", "occupation": None}
    assert features.of_users([stranger]).tolist() == [[0, 0, 0, 1, 1]]
