"""Personal: one person's movies, found in the database by an id of IMDb or TMDB, or by title and year."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.ids import Id, id_array
from movierec.lookup.titles import Title, meant, parse_title, title_keys
from movierec.ratings.columns import parse_integer_id
from movierec.ratings.rejects import printable
from movierec.ratings.source import Table
from movierec.ratings.validate import Chunk

__all__ = ["MovieMatcher"]

N_NAMED = 10  # movies that a warning names

_log = logging.getLogger(__name__)


class MovieMatcher:
    """Finds movies of the database; `unknown` are the titles that were not found."""

    def __init__(self, movies: list[Row]) -> None:
        self.unknown: list[str] = []
        self._movies = movies
        self._titles = [parse_title(movie["title"], movie["year"]) for movie in movies]
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_imdb: dict[int, int] = {}
        self._by_tmdb: dict[int, int] = {}
        for i, (movie, title) in enumerate(zip(movies, self._titles, strict=True)):
            for key in title_keys(title):
                self._by_key[key].append(i)
            if movie["imdbId"] is not None:
                self._by_imdb[int(movie["imdbId"])] = i
            if movie["tmdbId"] is not None:
                self._by_tmdb[movie["tmdbId"]] = i

    @classmethod
    def of(cls, database: Database) -> MovieMatcher:
        return cls(database.read(load_query("pull/movies")))

    def find(self, title: str, year: int | None = None, imdb_id: str = "", tmdb_id: str = "") -> Id | None:
        """The movieId, None where no movie or more than one is meant. A year may be off by one."""
        for typed, known in ((imdb_id.removeprefix("tt"), self._by_imdb), (tmdb_id, self._by_tmdb)):
            number = parse_integer_id(typed)
            if number in known:
                return self._id(known[number])
        candidates = sorted({i for key in title_keys(parse_title(title)) for i in self._by_key.get(key, ())})
        exact = [i for i in candidates if year in (None, self._titles[i].year)]
        near = [i for i in candidates if year is not None and abs((self._titles[i].year or 0) - year) == 1]
        for among in (exact, near):
            found = meant(title, [Title(self._titles[i].name, self._titles[i].others, None) for i in among])
            if len(found) == 1:
                return self._id(among[found[0]])
        return None

    def resolved(self, chunks: Iterator[Chunk], table: Table) -> Iterator[Chunk]:
        """The chunks as ratings of the table's user; rows of unknown movies are left out."""
        for chunk in chunks:
            columns = chunk.columns
            names = zip(columns["titles"], columns["years"], columns["imdbIds"], columns["tmdbIds"], strict=True)
            found = [self.find(*name) for name in names]
            is_known = np.array([movie_id is not None for movie_id in found], dtype=bool)
            self.unknown += [
                title if year is None else f"{title} ({year})"
                for title, year, there in zip(columns["titles"], columns["years"], is_known.tolist(), strict=True)
                if not there
            ]
            ids = id_array(movie_id for movie_id in found if movie_id is not None)
            resolved = chunk.chosen(is_known)
            resolved.kind = "ratings"
            resolved.columns = {
                "userIds": np.repeat(id_array([table.user_id or 0]), len(ids)),
                "movieIds": ids,
                "ratings": resolved.columns["ratings"],
                "timestamps": resolved.columns["timestamps"],
            }
            yield resolved

    def report(self) -> None:
        """Log a warning with movies that were not found."""
        n, more = len(self.unknown), len(self.unknown) - N_NAMED
        if n:
            _log.warning(
                "%s not in the database, and %s skipped: %s%s.",
                "1 movie is" if n == 1 else f"{n:,} movies are",
                "was" if n == 1 else "were",
                ", ".join(map(printable, self.unknown[:N_NAMED])),
                f", and {more:,} more" if more > 0 else "",
            )

    def _id(self, position: int) -> Id:
        movie_id: Id = self._movies[position]["movieId"]
        return movie_id
