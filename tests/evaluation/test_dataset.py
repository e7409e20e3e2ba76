import numpy as np
import pytest

from movierec.arrays import Lists
from movierec.database.connection import Database
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data, sample_of
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings, undo_split
from tests.servers import SMALL_DERIVE


def test_sample_is_of_different_users_in_their_order_and_follows_the_seed() -> None:
    ids = np.arange(100, 400, 3)
    found = sample_of(ids, 20, 1)
    assert len(set(found.tolist())) == 20
    assert set(found.tolist()) < set(ids.tolist())
    assert found.tolist() == sorted(found.tolist())
    assert sample_of(ids, 20, 1).tolist() == found.tolist() != sample_of(ids, 20, 2).tolist()
    assert sample_of(ids, 500, 1).tolist() == ids.tolist()


@pytest.mark.one_version
def test_sampled_users_have_what_they_have_among_all(changed_small_database: Database) -> None:
    split_ratings(changed_small_database, SplitSettings())
    derive_co_liked(changed_small_database, SMALL_DERIVE)
    everybody = pull_evaluation_data(changed_small_database, 4.0)
    sample = pull_evaluation_data(changed_small_database, 4.0, n_users=9, seed=3)
    assert (len(everybody.cases), len(sample.cases)) == (60, 9)
    assert everybody.n_held_out_users == sample.n_held_out_users == 60
    places = np.searchsorted(everybody.cases.users.user_ids, sample.cases.users.user_ids)
    same = everybody.cases.taken(places)
    for one, other in (
        (same.held_out, sample.cases.held_out),
        (same.users.rated, sample.cases.users.rated),
        (same.users.likes.movies, sample.cases.users.likes.movies),
        (everybody.likes.movies, sample.likes.movies),  # what baselines learn from
    ):
        assert [row.tolist() for row in one] == [row.tolist() for row in other]
    assert same.users.likes.ages.tolist() == sample.cases.users.likes.ages.tolist()
    assert same.gaps.tolist() == sample.cases.gaps.tolist()
    assert (sample.cases.held_out.sizes > 0).all()
    for rated, liked in zip(sample.cases.users.rated, sample.cases.users.likes.movies, strict=True):
        assert set(liked.tolist()) < set(rated.tolist())


@pytest.mark.one_version
def test_last_like_is_asked_for_from_all_before_it_and_learnt_from_all_but_two(
    changed_small_database: Database,
) -> None:
    split_ratings(changed_small_database, SplitSettings(strategy="last"))
    derive_co_liked(changed_small_database, SMALL_DERIVE)
    of_one = pull_evaluation_data(changed_small_database, 4.0)
    undo_split(changed_small_database)
    split_ratings(changed_small_database, SplitSettings(strategy="last-two"))
    derive_co_liked(changed_small_database, SMALL_DERIVE)
    of_two = pull_evaluation_data(changed_small_database, 4.0)

    def ids(data: EvaluationData, lists: Lists) -> list[list[int]]:
        return [data.catalogue.movie_ids[row].tolist() for row in lists]

    assert of_two.cases.users.user_ids.tolist() == of_one.cases.users.user_ids.tolist()
    assert ids(of_two, of_two.cases.held_out) == ids(of_one, of_one.cases.held_out)
    assert ids(of_two, of_two.cases.users.likes.movies) == ids(of_one, of_one.cases.users.likes.movies)
    assert of_two.cases.users.likes.ages.tolist() == of_one.cases.users.likes.ages.tolist()
    assert (of_two.likes.movies.sizes == of_one.likes.movies.sizes - 1).all()
