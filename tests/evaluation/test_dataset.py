import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.evaluation.dataset import pull_evaluation_data, sample_of
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings
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
        (everybody.likes, sample.likes),  # what baselines learn from
    ):
        assert [row.tolist() for row in one] == [row.tolist() for row in other]
    assert same.users.likes.ages.tolist() == sample.cases.users.likes.ages.tolist()
    assert same.gaps.tolist() == sample.cases.gaps.tolist()
    assert (sample.cases.held_out.sizes > 0).all()
    for rated, liked in zip(sample.cases.users.rated, sample.cases.users.likes.movies, strict=True):
        assert set(liked.tolist()) < set(rated.tolist())
