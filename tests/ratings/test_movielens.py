import shutil
from pathlib import Path

import numpy as np
import pytest

from movierec.errors import DataRejected
from movierec.ratings.movielens import read_links, read_movies, read_ratings
from tests.conftest import MOVIELENS

MOVIES = "movieId,title,genres\n"
RATINGS = "userId,movieId,rating,timestamp\n"


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_real_movies_have_titles_years_and_genres() -> None:
    movies = read_movies(MOVIELENS).set_index("movieId")
    assert len(movies) == 9742
    assert movies.loc[1, "title"] == "Toy Story (1995)"
    assert movies.loc[1, "year"] == 1995
    assert movies.loc[1, "genres"] == ["Adventure", "Animation", "Children", "Comedy", "Fantasy"]


def test_no_genres_and_no_year_are_empty(tmp_path: Path) -> None:
    movies = read_movies(folder_with(tmp_path, movies=MOVIES + '5,"Untitled, The",(no genres listed)\n'))
    assert movies.loc[0, "genres"] == []
    assert movies["year"].isna().all()


def test_chunks_together_are_the_file() -> None:
    ids = read_movies(MOVIELENS)["movieId"].to_numpy()
    chunks = list(read_ratings(MOVIELENS, ids, chunk_rows=30_000))
    assert [len(chunk) for chunk in chunks] == [30_000, 30_000, 30_000, 10_836]
    assert chunks[0].iloc[0].tolist() == [1, 1, 4.0, 964982703]


def test_real_links_keep_leading_zeros_and_missing_ids() -> None:
    links = read_links(MOVIELENS)
    assert links.loc[0, "imdbId"] == "0114709"
    assert links["tmdbId"].isna().sum() == 8


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,1,7.5,100", r"ratings.csv line 3: rating is '7.5'; expected 0.5 to 5.0 stars"),
        ("1,1,four,100", r"line 3: rating is 'four'; expected a number"),
        ("1,1,nan,100", r"line 3: rating is 'nan'; expected a number"),
        ("1,1,4.0,yesterday", r"line 3: timestamp is 'yesterday'; expected a whole number"),
        ("1,1,4.0,12.5", r"line 3: timestamp is '12.5'"),
        ("x,1,4.0,100", r"line 3: userId is 'x'"),
        ("1,99,4.0,100", r"line 3: movieId is '99'; expected a movieId that is in movies.csv"),
        ("1,1,4.0", r"line 3: timestamp is ''; expected a whole number"),
        ("1,1,4.0,100,more", r"line 3, saw 5"),
    ],
)
def test_wrong_rating_is_named_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    folder = folder_with(tmp_path, ratings=f"{RATINGS}1,1,4.0,100\n{row}\n")
    with pytest.raises(DataRejected, match=said):
        list(read_ratings(folder, np.array([1])))


def test_line_numbers_go_on_over_chunks(tmp_path: Path) -> None:
    rows = "".join(f"{user},1,4.0,100\n" for user in range(1, 11))
    folder = folder_with(tmp_path, ratings=f"{RATINGS}{rows}11,1,9,100\n")
    with pytest.raises(DataRejected, match="line 12"):
        list(read_ratings(folder, np.array([1]), chunk_rows=3))


def test_wrong_header_is_said_beside_the_right_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, movies="id,name\n1,x\n")
    with pytest.raises(DataRejected, match="line 1: the header is 'id,name'; expected 'movieId,title,genres'"):
        read_movies(folder)


def test_missing_file_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"No file .*movies.csv.*movierec fetch"):
        read_movies(tmp_path)


def test_movie_given_twice_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, movies=MOVIES + "1,A (2000),Drama\n1,B (2001),Drama\n")
    with pytest.raises(DataRejected, match="line 3: movieId is '1'; this movie was on an earlier line"):
        read_movies(folder)


def test_movie_row_that_is_too_long_or_too_short_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, movies=MOVIES + "1,American President, The (1995),Drama\n")
    with pytest.raises(DataRejected, match="line 2: 4 columns; expected 3"):
        read_movies(folder)
    folder = folder_with(tmp_path, movies=MOVIES + "1,Toy Story (1995)\n")
    with pytest.raises(DataRejected, match="line 2: genres is ''"):
        read_movies(folder)


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ratings=f"{RATINGS}\n1,1,4.0,100\n\n1,1,9,100\n\n")
    with pytest.raises(DataRejected, match="line 5: rating is '9'"):
        list(read_ratings(folder, np.array([1])))


def test_link_given_twice_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, links="movieId,imdbId,tmdbId\n1,0001,5\n1,0002,6\n")
    with pytest.raises(DataRejected, match="line 3: movieId is '1'; this movie was on an earlier line"):
        read_links(folder)


def test_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    shutil.copy(MOVIELENS / "movies.csv", tmp_path)
    path = tmp_path / "movies.csv"
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_movies(tmp_path).equals(read_movies(MOVIELENS))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_bytes(MOVIES.encode() + "1,Amélie (2001),Comedy\n".encode("latin-1"))
    with pytest.raises(DataRejected, match="not UTF-8"):
        read_movies(tmp_path)
