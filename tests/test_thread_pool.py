from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
from threadpoolctl import threadpool_info

from movierec.thread_pool import one_blas_thread, safe_factorisation


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_limit_is_taken_back_by_the_last_of_several_threads() -> None:
    before, together = blas_threads(), Barrier(2)
    left = Barrier(2)

    def first() -> None:
        with one_blas_thread():
            together.wait(10)
        left.wait(10)

    def second() -> set[int]:
        with one_blas_thread():
            together.wait(10)
            left.wait(10)
            return blas_threads()

    with ThreadPoolExecutor(2) as pool:
        futures = pool.submit(first), pool.submit(second)
        futures[0].result(20)
        assert futures[1].result(20) == {1}, "the other has left already"
    assert blas_threads() == before


def test_matrix_of_two_gibibytes_is_factorised_on_one_thread() -> None:
    before = blas_threads()
    with safe_factorisation(2**31 - 1):
        assert blas_threads() == before
    with safe_factorisation(2**31):
        assert blas_threads() == {1}
    assert blas_threads() == before
