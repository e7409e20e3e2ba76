"""The MovieLens folder of 2016 and later: movies.csv, ratings.csv, links.csv.

In: a folder. Out: checked tables, ratings in chunks so that memory does not grow with the file:

    movies    movieId int64, title str, year Int64 (None when the title names none), genres list[str]
    ratings   userId int64, movieId int64, rating float64 (0.5-5.0 stars), timestamp int64 (Unix seconds)
    links     movieId int64, imdbId str, tmdbId Int64

Every value is read as text and converted here, so that a wrong one can be named with its file, line and
column. The first wrong row raises DataRejected. tags.csv is not read: the graph model has no tags.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from movierec.errors import DataRejected

__all__ = ["MAX_RATING", "MIN_RATING", "read_links", "read_movies", "read_ratings"]

MIN_RATING, MAX_RATING = 0.5, 5.0  # stars
CHUNK_ROWS = 50_000
NO_GENRES = "(no genres listed)"

MOVIE_COLUMNS = ["movieId", "title", "genres"]
RATING_COLUMNS = ["userId", "movieId", "rating", "timestamp"]
LINK_COLUMNS = ["movieId", "imdbId", "tmdbId"]


def read_movies(folder: Path) -> pd.DataFrame:
    """All movies, ordered by movieId. Raises DataRejected for a wrong row or a movieId given twice."""
    path = folder / "movies.csv"
    table = pd.concat(_text_chunks(path, MOVIE_COLUMNS))
    movies = pd.DataFrame({"movieId": _integers(table["movieId"], path)})
    _reject_first(table["genres"] == "", table["genres"], path, f"expected genres joined by |, or {NO_GENRES}")
    titles = table["title"].str.strip()
    _reject_first(titles == "", table["title"], path, "expected a title")
    repeated = movies["movieId"].duplicated()
    _reject_first(repeated, table["movieId"], path, "this movie was on an earlier line already")
    movies["title"] = titles
    movies["year"] = pd.to_numeric(titles.str.extract(r"\((\d{4})\)\s*$", expand=False)).astype("Int64")
    movies["genres"] = [[] if text == NO_GENRES else text.split("|") for text in table["genres"]]
    return movies.sort_values("movieId", ignore_index=True)


def read_ratings(folder: Path, movie_ids: np.ndarray, chunk_rows: int = CHUNK_ROWS) -> Iterator[pd.DataFrame]:
    """Ratings in file order, `chunk_rows` at a time. A rating of a movie not in `movie_ids` is wrong."""
    path = folder / "ratings.csv"
    for table in _text_chunks(path, RATING_COLUMNS, chunk_rows):
        ratings = pd.DataFrame(
            {
                "userId": _integers(table["userId"], path),
                "movieId": _integers(table["movieId"], path),
                "rating": _stars(table["rating"], path),
                "timestamp": _integers(table["timestamp"], path),
            }
        )
        unknown = ~ratings["movieId"].isin(movie_ids)
        _reject_first(unknown, table["movieId"], path, "expected a movieId that is in movies.csv")
        yield ratings


def read_links(folder: Path) -> pd.DataFrame:
    """The ids that IMDb and TMDB give each movie; tmdbId may be missing."""
    path = folder / "links.csv"
    table = pd.concat(_text_chunks(path, LINK_COLUMNS))
    _reject_first(
        table["movieId"].duplicated(), table["movieId"], path, "this movie was on an earlier line already"
    )
    tmdb = table["tmdbId"]
    links = pd.DataFrame(
        {
            "movieId": _integers(table["movieId"], path),
            "imdbId": table["imdbId"],
            "tmdbId": _integers(tmdb[tmdb != ""], path).astype("Int64").reindex(tmdb.index),
        }
    )
    return links.reset_index(drop=True)


def _text_chunks(path: Path, columns: list[str], chunk_rows: int = CHUNK_ROWS) -> Iterator[pd.DataFrame]:
    """The file as text columns, in chunks; row labels are line numbers (the header is line 1)."""
    if not path.is_file():
        raise DataRejected(
            f'No file {path}; expected a MovieLens folder with {path.name}. Run "movierec fetch ml-latest-small".'
        )
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = csv.reader(file)
        header, first = next(lines, []), next(lines, [])
    if len(first) > len(columns):
        # pandas would take the first row for the measure of the others, and drop what is too much in it.
        raise DataRejected(f"{path} line 2: {len(first)} columns; expected {len(columns)}.")
    if header != columns:
        raise DataRejected(f"{path} line 1: the header is {','.join(header)!r}; expected {','.join(columns)!r}.")
    try:
        reader = pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            na_values=[],
            chunksize=chunk_rows,
            encoding="utf-8-sig",
            index_col=False,
            skip_blank_lines=False,  # the line numbers of what follows would be wrong
            on_bad_lines="error",
        )
        with reader:
            for chunk in reader:
                chunk.index = chunk.index + 2
                yield chunk[(chunk != "").any(axis=1)]
    except pd.errors.ParserError as error:
        # pandas says "Expected 4 fields in line 3, saw 5".
        raise DataRejected(f"{path}: {str(error).split('C error:')[-1].strip()}") from error
    except UnicodeDecodeError as error:
        raise DataRejected(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}).") from error


def _integers(column: pd.Series[str], path: Path) -> pd.Series[int]:
    """Text as int64; rejects the first value that is not a whole number of that size."""
    is_integer = column.str.fullmatch(r"\d{1,18}")
    _reject_first(~is_integer.astype(bool), column, path, "expected a whole number")
    return column.astype("int64")


def _stars(column: pd.Series[str], path: Path) -> pd.Series[float]:
    """Text as stars; rejects what is not a number and what is out of range."""
    stars = pd.to_numeric(column, errors="coerce").astype("float64")
    _reject_first(stars.isna(), column, path, "expected a number of stars")
    outside = (stars < MIN_RATING) | (stars > MAX_RATING)
    _reject_first(outside, column, path, f"expected {MIN_RATING} to {MAX_RATING} stars")
    return stars


def _reject_first(wrong: pd.Series[bool], column: pd.Series[str], path: Path, expectation: str) -> None:
    """Raise DataRejected for the first row where `wrong` is true."""
    if wrong.any():
        first = int(wrong.to_numpy().argmax())
        line, value = column.index[first], column.iloc[first]
        raise DataRejected(f"{path} line {line}: {column.name} is {value!r}; {expectation}.")
