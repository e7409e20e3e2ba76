import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import NotFound
from movierec.graph.load import load_files
from movierec.lookup.movies import find_movie, find_movies
from movierec.lookup.suggestions import suggest_titles
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings

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
        ("Lion King", 364),
        ("Matrix", 2571),
        ("tt0133093", 2571),
        ("TMDB:603", 2571),
        ("Leon: The Professional", 293),
        ("Das Boot", 1233),
        ("Il Postino", 58),
        ("El Mariachi", 3267),
        ("Spiderman", 5349),
        ("wall-e", 60069),
        ("The Magnificent Seven (2016)", 162350),
        ("two towers", 5952),
        ("Toy Story 1995", 1),
    ],
)
def test_what_a_person_types_is_found(movielens_database: Database, typed: str, movie_id: int) -> None:
    assert find_movie(movielens_database, typed)["movieId"] == movie_id


def test_every_title_is_found_as_it_is_stored_and_by_its_usual_forms(movielens_database: Database) -> None:
    rows = movielens_database.read(load_query("pull/movies"))
    same = Counter(row["title"] for row in rows)
    unique = [row for row in rows if same[row["title"]] == 1 and not row["title"].isdigit()]
    assert len(unique) > 9_700
    for row in unique[::7]:
        title = row["title"]
        assert find_movie(movielens_database, title)["movieId"] == row["movieId"]
        moved = re.sub(r"^(.*), (The|A|An|La|Le|Les|Das|El|Il)( \(\d{4}\))$", r"\2 \1\3", title)
        plain = unicodedata.normalize("NFKD", moved).encode("ascii", "ignore").decode().upper()
        for typed in (moved, plain):
            assert title in titles_that_may_be_meant(movielens_database, typed), typed


def titles_that_may_be_meant(database: Database, typed: str) -> tuple[str, ...]:
    """The title that is found, or where several are equal but for the form the candidates."""
    try:
        return (find_movie(database, typed)["title"],)
    except NotFound as error:
        return error.candidates


def test_movie_that_was_not_given_by_its_title_is_said(
    movielens_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    find_movie(movielens_database, "Matrix, The (1999)")
    find_movie(movielens_database, 2571)
    assert caplog.messages == []
    find_movie(movielens_database, "matrix")
    assert caplog.messages == ['"matrix" is taken to be "Matrix, The (1999)" (movieId 2571).']


def test_number_that_is_an_id_and_a_title_is_the_id_and_both_are_said(
    movielens_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    assert find_movie(movielens_database, "300")["title"] == "Quiz Show (1994)"
    assert caplog.messages == [
        '300 is an id; for the title, give "300 (2007)".',
        '"300" is taken to be "Quiz Show (1994)" (movieId 300).',
    ]


def test_titles_with_their_article_in_front_are_found_by_it(empty_database: Database, tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,year\n1,The Matrix,1999\n2,Alien,1979\n3,Alien,1990\n")
    with Files(str(tmp_path / "movies.csv")) as files, BadRows(0) as bad_rows:
        load_files(empty_database, files, ReadSettings(table="movies"), bad_rows)
    assert [find_movie(empty_database, text)["movieId"] for text in ("The Matrix", "Matrix, The (1999)")] == [1, 1]
    assert find_movie(empty_database, "alien (1990)")["movieId"] == 3
    with pytest.raises(NotFound, match=r'"Alien" \(2\), "Alien" \(3\). Give one whole, or its movieId') as caught:
        find_movie(empty_database, "Alien")
    assert caught.value.candidates == ("2", "3")


def test_id_that_is_a_text_wins_over_the_title_of_another_movie(
    empty_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title\nEmma,The Heroine of Highbury\nemma-2,Emma\n")
    with Files(str(tmp_path / "movies.csv")) as files, BadRows(0) as bad_rows:
        load_files(empty_database, files, ReadSettings(table="movies"), bad_rows)
    assert find_movies(empty_database, ["Emma", "emma-2", "The Heroine of Highbury"]) == ("Emma", "emma-2", "Emma")
    assert "Emma is an id; for the title, give emma-2." in caplog.messages
    assert [row["movieId"] for row in suggest_titles(empty_database, "Emma")] == ["Emma", "emma-2"]


@pytest.mark.parametrize("movie_id", [5, 10**18, 2**63 - 1])
def test_id_is_found_as_text_as_an_integer_and_as_numpys(
    empty_database: Database, tmp_path: Path, movie_id: int
) -> None:
    (tmp_path / "movies.csv").write_text(f"movieId,title\n{movie_id},Alien\n")
    with Files(str(tmp_path / "movies.csv")) as files, BadRows(0) as bad_rows:
        load_files(empty_database, files, ReadSettings(table="movies"), bad_rows)
    numpys: Any = np.int64(movie_id)  # what a column of pandas holds
    assert find_movies(empty_database, [str(movie_id), movie_id, numpys]) == (movie_id,) * 3


def test_year_that_is_not_the_movies_is_no_match(movielens_database: Database) -> None:
    with pytest.raises(NotFound, match='Did you mean "Matrix, The \\(1999\\)"'):
        find_movie(movielens_database, "The Matrix (1998)")


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
