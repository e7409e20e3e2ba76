import pytest

from movierec.database.connection import Database
from movierec.errors import NotFound
from movierec.lookup.movies import find_movie

pytestmark = pytest.mark.one_version


@pytest.mark.parametrize(
    ("typed", "movie_id"),
    [
        ("2571", 2571),
        ("Matrix, The (1999)", 2571),
        ("matrix, the", 2571),
        ("The Matrix", 2571),
        ("the matrix (1999)", 2571),
        ("  Jumanji (1995) ", 2),
        ("Jumanji", 2),
        ("300 (2007)", 51662),
        ("Toy Story", 1),
    ],
)
def test_what_a_person_types_is_found(movielens_database: Database, typed: str, movie_id: int) -> None:
    assert find_movie(movielens_database, typed)["movieId"] == movie_id


def test_part_of_several_titles_answers_with_candidates(movielens_database: Database) -> None:
    with pytest.raises(NotFound, match="in several titles") as error:
        find_movie(movielens_database, "star wars: episode")
    assert len(error.value.candidates) == 5
    assert all("Star Wars" in title for title in error.value.candidates)


def test_misspelt_title_answers_with_the_nearest(movielens_database: Database) -> None:
    with pytest.raises(NotFound, match='Did you mean "Pulp Fiction') as error:
        find_movie(movielens_database, "Pulp Fictoin")
    assert error.value.candidates[0] == "Pulp Fiction (1994)"


@pytest.mark.parametrize("typed", ["zzzz qqqq", "99999999", "9" * 30, "٣٤", ""])
def test_title_like_no_other_says_what_to_give(movielens_database: Database, typed: str) -> None:
    with pytest.raises(NotFound):
        find_movie(movielens_database, typed)
