from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from benchmarks.generate import blocks, generate
from benchmarks.generated_ratings import BLOCK_USERS, Ratings, Shape
from benchmarks.likeness import held_out_cases
from movierec.graph.load import check_files
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings


def read(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "ratings.csv")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("made"), 300_000)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        generate(tmp_path / name, 20_000, seed=seed)
    for file in ("movies.csv", "ratings.csv"):
        first = (tmp_path / "first" / file).read_bytes()
        assert first == (tmp_path / "again" / file).read_bytes()
        assert first != (tmp_path / "other" / file).read_bytes()


def test_a_block_is_the_same_alone_as_in_the_sequence() -> None:
    shape = Shape.of(500_000)
    alone = Ratings(shape, 1).block(2)
    in_sequence = list(Ratings(shape, 1))[2]
    assert alone.users[0] == 2 * BLOCK_USERS + 1
    for name in ("users", "movies", "stars", "timestamps"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(in_sequence, name))


def test_there_are_as_many_as_asked_for_and_no_user_rates_a_movie_twice(made: Path) -> None:
    ratings, shape = read(made), Shape.of(300_000)
    movies = pd.read_csv(made / "movies.csv")
    assert len(ratings) == 300_000
    assert not ratings.duplicated(["userId", "movieId"]).any()
    assert ratings.userId.nunique() == shape.n_users
    assert movies.movieId.tolist() == list(range(1, shape.n_movies + 1))
    assert ratings.movieId.nunique() == pytest.approx(shape.n_rated_movies, rel=0.005)
    assert ratings.groupby("userId").size().min() >= 20


def test_files_are_in_movielens_form(made: Path) -> None:
    ratings, movies = read(made), pd.read_csv(made / "movies.csv")
    assert (made / "ratings.csv").read_text().startswith("userId,movieId,rating,timestamp\n1,")
    assert set(ratings.rating) == {level / 2 for level in range(1, 11)}
    assert ratings.equals(ratings.sort_values(["userId", "movieId"], ignore_index=True))
    assert movies.title.str.fullmatch(r"Film \d+ \((19|20)\d\d\)").all()
    with Files(made) as files, BadRows(0) as bad_rows:
        checked = check_files(files, ReadSettings(), bad_rows)
    assert {name: table.read for name, table in checked.tables.items()} == {
        "movies.csv": len(movies),
        "ratings.csv": len(ratings),
    }
    assert checked.rejected == 0


def test_nothing_is_rated_before_its_release(made: Path) -> None:
    both = read(made).merge(pd.read_csv(made / "movies.csv"), on="movieId")
    released = both.title.str.extract(r"\((\d+)\)")[0].astype(int)
    is_early = pd.to_datetime(both.timestamp, unit="s").dt.year < released
    assert is_early.mean() < 0.001  # who rates most of all movies runs out of those that were out


def test_ratings_come_in_sittings(made: Path) -> None:
    ordered = read(made).sort_values(["userId", "timestamp"])
    gaps = ordered.groupby("userId").timestamp.diff().dropna()
    assert (gaps < 60).mean() == pytest.approx(0.83, abs=0.03)
    assert (gaps > 3_600).mean() == pytest.approx(0.06, abs=0.02)


def test_parquet_holds_what_csv_holds(tmp_path: Path) -> None:
    generate(tmp_path, 50_000)
    generate(tmp_path, 50_000, format="parquet")
    pd.testing.assert_frame_equal(parquet.read_table(tmp_path / "ratings.parquet").to_pandas(), read(tmp_path))


def test_stars_are_distributed_as_in_movielens(made: Path) -> None:
    ratings = read(made)
    assert (ratings.rating >= 4.0).mean() == pytest.approx(0.482, abs=0.02)
    assert (ratings.rating % 1 == 0.5).mean() == pytest.approx(0.301, abs=0.02)


def test_wedges_grow_with_the_number_of_users() -> None:
    def wedges(n_ratings: int) -> int:
        total = 0
        for block in blocks(n_ratings):
            likes = np.bincount(block.users[block.stars >= 4.0] - block.users[0])
            total += int((likes * (likes - 1) // 2).sum())
        return total

    small, large = wedges(100_836), wedges(1_008_360)
    assert small == pytest.approx(5_549_426, rel=0.3)  # those of ml-latest-small
    assert 8 < large / small < 13


def test_users_and_movies_can_be_chosen(tmp_path: Path) -> None:
    ratings = read(generate(tmp_path, 40_000, n_users=700, n_movies=900))
    assert ratings.userId.nunique() == 700
    assert ratings.movieId.max() <= 900
    assert len(ratings) == 40_000
    assert not ratings.duplicated(["userId", "movieId"]).any()


def test_defaults_are_those_of_both_movielens_sets() -> None:
    assert Shape.of(100_836) == Shape(100_836, 610, 9_742)
    assert Shape.of(25_000_095) == Shape(25_000_095, 162_541, 62_423)


@pytest.mark.parametrize(("numbers", "words"), [((100, 10, 50), "too few"), ((9_000, 10, 1_000), "too many")])
def test_numbers_that_cannot_be_are_refused(numbers: tuple[int, int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Shape(*numbers)


def test_the_newest_fifth_of_the_likes_is_held_out_and_of_equally_new_the_last_movie() -> None:
    likes = [(1, movie, 5.0, min(movie, 9)) for movie in range(1, 11)]  # movies 9 and 10 at the same time
    rows = [*likes, (1, 11, 1.0, 20), (2, 10, 4.0, 1), (2, 8, 4.0, 2), (2, 5, 3.5, 3)]
    cases, catalogue, left = held_out_cases(
        pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    )
    assert len(cases) == 1, "the other has too few likes"
    assert sorted(cases.held_out[0].tolist()) == [-1, 8], "movies 9, which nobody else likes, and 10"
    assert catalogue.movie_ids.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert catalogue.like_counts.tolist() == [1, 1, 1, 1, 1, 1, 1, 2, 1]
    assert cases.users.rated.marked(9)[0].tolist() == [True] * 8 + [False]
    assert left.sum() == 10
