from hypothesis import given
from hypothesis import strategies as st

from movierec.graph.derive_steps import batches


def testbatches_by_hand() -> None:
    assert list(batches([3, 3, 3, 10, 1], 6)) == [(0, 1), (2, 3), (4, 4)]
    assert list(batches([0, 0], 6)) == [(0, 1)]
    assert list(batches([], 6)) == []


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 100))
def testbatches_are_whole_in_order_and_not_much_larger_than_asked(sizes: list[int], most: int) -> None:
    found = list(batches(sizes, most))
    assert [i for first, last in found for i in range(first, last + 1)] == list(range(len(sizes)))
    for first, last in found:
        assert sum(sizes[first:last]) < most + max(sizes)
