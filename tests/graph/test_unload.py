from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, NotFound
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import list_loads, load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.graph.unload import remove_load
from tests.conftest import Answer
from tests.graph.content import content
from tests.graph.test_load import UNTOUCH, changed, one, own_file
from tests.servers import MOVIELENS

pytestmark = pytest.mark.one_version


def test_removed_load_leaves_what_was_there_before(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100", "1,2,3.0,100", "2,1,4.0,100"))
    empty_database.write(UNTOUCH)
    before = content(empty_database, ledgers=False)
    load_ratings(empty_database, own_file(tmp_path, "b.csv", "1,1,2.0,200", "3,1,4.0,100", "3,9,1.0,100"))
    assert content(empty_database, ledgers=False) != before
    empty_database.write(UNTOUCH)
    result = remove_load(empty_database, 2)
    assert {name: getattr(result, name) for name in ("restored", "ratings", "users", "movies", "run_again")} == {
        "restored": 1,
        "ratings": 2,
        "users": 1,
        "movies": 1,
        "run_again": (),
    }
    assert changed(empty_database) == [1], "whose rating is the old one again; user 3 is gone"
    empty_database.write(UNTOUCH)
    assert content(empty_database, ledgers=False) == before
    assert [load["status"] for load in list_loads(empty_database)] == ["done", "removed"]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3), (2, 3, 1)])
def test_loads_can_be_removed_in_any_order(
    empty_database: Database, tmp_path: Path, order: tuple[int, ...]
) -> None:
    values = {1: (1.0, 100), 2: (2.0, 200), 3: (3.0, 300)}
    for number, (rating, timestamp) in values.items():
        load_ratings(empty_database, own_file(tmp_path, f"{number}.csv", f"1,1,{rating},{timestamp}"))
    left = dict(values)
    for number in order:
        assert one(empty_database) == max(left.values())
        remove_load(empty_database, number)
        del left[number]
    counts = empty_database.read_one(load_query("doctor/counts"))
    assert (counts["users"], counts["movies"], counts["ratings"]) == (0, 0, 0)


def test_shared_rows_come_back_when_the_other_load_is_run_again(empty_database: Database, tmp_path: Path) -> None:
    shared = own_file(tmp_path, "b.csv", "1,1,4.0,100", "2,1,4.0,100")
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100"))
    load_ratings(empty_database, shared)
    assert remove_load(empty_database, 1).run_again == (2,)
    assert empty_database.read_one(load_query("doctor/counts"))["ratings"] == 1
    result = load_ratings(empty_database, shared)
    assert (result.load_id, result.written, result.ratings) == (2, 1, 2)


def test_removed_load_can_be_loaded_again(empty_database: Database, tmp_path: Path) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100")
    load_ratings(empty_database, path)
    remove_load(empty_database, 1)
    result = load_ratings(empty_database, path)
    assert (result.load_id, result.written) == (2, 1)


def test_half_removed_load_is_not_loaded_into_and_removed_by_running_again(
    empty_database: Database, tmp_path: Path
) -> None:
    path = own_file(tmp_path, "a.csv", "1,1,4.0,100")
    load_ratings(empty_database, path)
    empty_database.write(load_query("load/remove_begin"), loadId=1)
    with pytest.raises(BadRequest, match=r'Load 1 is half removed. Run "movierec load --remove 1" first'):
        load_ratings(empty_database, path)
    assert remove_load(empty_database, 1).ratings == 1


def test_movies_of_a_removed_user_are_marked_for_the_derive(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,5.0,1", "1,2,5.0,1", "2,1,5.0,1", "2,2,5.0,1"))
    load_ratings(empty_database, own_file(tmp_path, "b.csv", "3,1,5.0,1", "3,2,5.0,1", "3,7,5.0,1"))
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1, denominator="likes"))
    remove_load(empty_database, 2)
    labels = empty_database.read(load_query("pull/movies"))
    assert [row["movieId"] for row in labels] == [1, 2], "movie 7 was only theirs"


def test_unknown_load_names_those_there_are(
    connected: Callable[..., Answer], empty_database: Database, tmp_path: Path
) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,100"))
    with pytest.raises(NotFound, match=r"No load 7; there are 1"):
        remove_load(empty_database, 7)
    assert connected("load", "--remove", 1).exit_code == 0
    assert connected("load", "--remove", 1).exit_code == 2


def test_whole_sample_goes_without_a_trace(changed_movielens_database: Database) -> None:
    result = remove_load(changed_movielens_database, 1)
    assert (result.ratings, result.tags, result.users, result.movies) == (100_836, 3683, 610, 9742)
    counts = changed_movielens_database.read_one(load_query("doctor/counts"))
    assert (counts["users"], counts["movies"], counts["ratings"]) == (0, 0, 0)
    assert load_ratings(changed_movielens_database, MOVIELENS).ratings == 100_836
