"""A movie from what a person typed: an id, a title, a part of one, or a misspelt one."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, DatabaseFailed, NotFound
from movierec.ids import Id, parse_id
from movierec.lookup.titles import ARTICLES, LONGEST_WORD, meant, nearest, parse_title, words

__all__ = ["find_movie", "find_movies", "find_sequences", "movies_meant", "movies_of_id"]

N_CANDIDATES = 5
POOL = 200  # titles with the typed words, or near ones, that are compared in full
EXTERNAL_ID = re.compile(r"(?i)(?:imdb:)?tt(?P<imdb>\d{1,18})|tmdb:(?P<tmdb>\d{1,18})")

_log = logging.getLogger(__name__)


def find_movie(database: Database, movie: str | int) -> Row:
    """{"movieId", "title", "year", "likeCount", "hasVector"} of the one movie that is meant.

    A number is an id. Text is, by the first of these that finds one: an id, in digits or not; the title as it is
    stored; an IMDb id ("tt0133093") or TMDB id ("tmdb:603"); a title
    that differs by case, accents, punctuation, article, order of words or a missing year, or one of its names in
    brackets (`titles`); the only title that holds all of the words. Whatever is not the title as it is stored is
    logged as a warning, with the movie that was found.

    Raises NotFound, with candidates, when no movie or more than one is meant.
    """
    if not isinstance(movie, str):
        rows = database.read(load_query("recommend/movie_by_id"), movieId=int(movie))  # also NumPy's integers
        if not rows:
            raise NotFound(f"No movie {movie}. Give the id of a loaded movie.")
        return rows[0]
    text = movie.strip()
    found = _find(database, text)
    if found["title"] != text:
        _log.warning('"%s" is taken to be "%s" (movieId %s).', text, found["title"], found["movieId"])
    return found


def find_movies(database: Database, movies: Iterable[str | int]) -> tuple[Id, ...]:
    """The movieIds that titles or ids mean; raises as `find_movie`."""
    return tuple(find_movie(database, movie)["movieId"] for movie in movies)


def find_sequences(database: Database, lines: Iterable[str]) -> list[tuple[Id, ...]]:
    """The movieIds that lines of titles or ids mean, separated by tabs.

    Each text is looked for once. Raises NotFound as `find_movie`, and BadRequest for a line without a movie or
    with one twice; both name the line.
    """
    known: dict[str, Id] = {}
    found = []
    for number, line in enumerate(lines, start=1):
        texts = [text.strip() for text in line.split("\t") if text.strip()]
        if not texts:
            raise BadRequest(f"Line {number} is empty; expected titles or ids, separated by tabs.")
        for text in texts:
            if text not in known:
                try:
                    known[text] = find_movie(database, text)["movieId"]
                except NotFound as error:
                    raise NotFound(f"Line {number}: {error}", error.candidates) from error
        sequence = tuple(known[text] for text in texts)
        if len(set(sequence)) < len(sequence):
            twice = next(text for i, text in enumerate(texts) if sequence[i] in sequence[:i])
            raise BadRequest(f"Line {number} has {twice!r} twice; expected each movie once.")
        found.append(sequence)
    return found


def _find(database: Database, text: str) -> Row:
    rows = movies_of_id(database, text)
    if rows:
        others = [row for row in movies_meant(database, text) if row not in rows]
        if others:
            title, movie_id = others[0]["title"], others[0]["movieId"]
            _log.warning("%s is an id; for the title, give %s.", text, movie_id if title == text else f'"{title}"')
        return rows[0]
    for rows in _by_stored_text(database, text):
        if rows:
            return _only(text, rows)
    if not words(text):
        raise NotFound(f"No movie {text!r}. Give a title or an id of a loaded movie.")
    with_words = _with_words(database, text) or database.read(
        load_query("recommend/movies_by_title"), title=text, limit=POOL
    )
    near = with_words or _near(database, text)
    rows = _meant(text, near) or _of_its_year(text, with_words)
    if rows:
        return _only(text, rows)
    candidates = nearest(text, [row["title"] for row in near], N_CANDIDATES)
    hint = f"Did you mean {_quoted(candidates)}?" if candidates else "Give a title or an id of a loaded movie."
    raise NotFound(f"No movie {text!r}. {hint}", candidates)


def _by_stored_text(database: Database, text: str) -> Iterable[list[Row]]:
    """The movies of a stored title, or of an IMDb or TMDB id."""
    yield database.read(load_query("recommend/movies_of_title"), title=text)
    external = EXTERNAL_ID.fullmatch(text)
    if external:
        imdb, tmdb = external["imdb"], external["tmdb"]
        yield database.read(
            load_query("recommend/movies_of_external_id"),
            imdbId=None if imdb is None else int(imdb),
            tmdbId=None if tmdb is None else int(tmdb),
        )


def movies_of_id(database: Database, text: str) -> list[Row]:
    """The movie with this id, as an integer or as a text, if there is one."""
    query = load_query("recommend/movie_by_id")
    found = (database.read(query, movieId=movie_id) for movie_id in parse_id(text))
    return next((rows for rows in found if rows), [])


def movies_meant(database: Database, text: str) -> list[Row]:
    """The movies with exactly this title, but for case, accents, punctuation, articles and the year."""
    return _meant(text, _with_words(database, text))


def _meant(text: str, rows: Sequence[Row]) -> list[Row]:
    return [rows[i] for i in meant(text, [parse_title(row["title"], row["year"]) for row in rows])]


def _of_its_year(text: str, rows: Sequence[Row]) -> list[Row]:
    """Those of the movies whose year is the one that was typed, if one was."""
    year = parse_title(text).year
    return [row for row in rows if year in (None, row["year"], parse_title(row["title"]).year)]


def _with_words(database: Database, text: str) -> list[Row]:
    """Movies with all of the words in their titles, in any order; the year and articles do not count."""
    name = parse_title(text).name
    wanted = [word for word in name if word not in ARTICLES] or name
    return _search(database, " AND ".join(f'"{word[:LONGEST_WORD]}"' for word in wanted))


def _near(database: Database, text: str) -> list[Row]:
    """Movies with words that differ by a letter or two, or begin alike, or are written as one ("Spiderman")."""
    name = [word[:LONGEST_WORD] for word in parse_title(text).name if word.isascii()]
    terms = [f"{''.join(name)[:LONGEST_WORD]}~^4"] if name else []
    for word in name:
        if len(word) > 2 and word not in ARTICLES:
            terms += [f"{word}~{1 if len(word) < 5 else 2}", f"{word[:4]}*"]
    return _search(database, " OR ".join(terms))


def _search(database: Database, search: str) -> list[Row]:
    if not search:
        return []
    try:
        return database.read(load_query("recommend/movies_by_words"), search=search, limit=POOL)
    except DatabaseFailed as error:
        if "movie_titles" not in str(error):
            raise
        return []  # no stage has run since there is such an index


def _only(text: str, rows: Sequence[Row]) -> Row:
    """The movie, if it is one; else NotFound with candidates, the most liked first."""
    if len(rows) == 1:
        return rows[0]
    first = sorted(rows, key=lambda row: (-(row["likeCount"] or 0), row["movieId"]))[:N_CANDIDATES]
    titles = [row["title"] for row in first]
    repeated = Counter(row["title"] for row in rows)
    if len(repeated) < len(rows):
        # Different movies may have one title.
        said = ", ".join(f'"{row["title"]}" ({row["movieId"]})' for row in first)
        given = [row["title"] if repeated[row["title"]] == 1 else str(row["movieId"]) for row in first]
        raise NotFound(f"{text!r} is in several titles: {said}. Give one whole, or its movieId.", given)
    raise NotFound(f"{text!r} is in several titles: {_quoted(titles)}. Give one whole.", titles)


def _quoted(titles: Sequence[str]) -> str:
    return ", ".join(f'"{title}"' for title in titles)
