"""A movie from what a person typed: an id, a whole title, a part of one, or a misspelt one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.errors import NotFound
from movierec.ratings.columns import hash_id

__all__ = ["find_movie", "find_movies"]

N_CANDIDATES = 5


def find_movie(database: Database, text: str) -> Row:
    """{"movieId", "title", "likeCount", "hasVector"} of the one movie that `text` means.

    Digits are an id first. A whole title, with or without its year, wins over titles that only hold the
    text; where no title holds it, it may be an id that was a text in the file.

    Raises NotFound, with candidates, when no movie or more than one is meant.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 18:  # 18 digits are in range of Neo4j's integers
        rows = database.read(load_query("recommend/movie_by_id"), movieId=int(text))
        if rows:
            return rows[0]
    rows = database.read(load_query("recommend/movies_by_title"), title=_filed(text), limit=N_CANDIDATES + 1)
    whole = [row for row in rows if row["isWhole"]]
    if len(whole) == 1 or (not whole and len(rows) == 1):
        return (whole or rows)[0]
    if rows:
        candidates = [row["title"] for row in (whole or rows)][:N_CANDIDATES]
        if len(set(candidates)) < len(candidates):
            # Different movies may have one title.
            said = ", ".join(f'"{row["title"]}" ({row["movieId"]})' for row in (whole or rows)[:N_CANDIDATES])
            raise NotFound(f"{text!r} is in several titles: {said}. Give one whole, or its movieId.", candidates)
        raise NotFound(f"{text!r} is in several titles: {_quoted(candidates)}. Give one whole.", candidates)
    rows = database.read(load_query("recommend/movie_by_id"), movieId=hash_id(text))
    if rows:
        return rows[0]
    titles = [row["title"] for row in database.read(load_query("recommend/all_titles"))]
    candidates = _nearest(text, titles)
    hint = f"Did you mean {_quoted(candidates)}?" if candidates else "Give a title or an id of a loaded movie."
    raise NotFound(f"No movie {text!r}. {hint}", candidates)


def find_movies(database: Database, texts: Iterable[str | int]) -> tuple[int, ...]:
    """The movieIds that titles or ids mean; raises as `find_movie`."""
    return tuple(find_movie(database, str(text))["movieId"] for text in texts)


def _filed(title: str) -> str:
    """MovieLens files "The Matrix" as "Matrix, The"."""
    match = re.fullmatch(r"(?i)(the|a|an) (.+?)( \(\d{4}\))?", title)
    return f"{match[2]}, {match[1]}{match[3] or ''}" if match else title


def _nearest(text: str, titles: list[str]) -> list[str]:
    """Titles that differ from `text` by a few letters; years and articles do not count against them."""
    by_bare_title: dict[str, str] = {}
    for title in titles:
        by_bare_title.setdefault(_bare(title), title)
    near = difflib.get_close_matches(_bare(_filed(text)), list(by_bare_title), n=N_CANDIDATES, cutoff=0.7)
    return [by_bare_title[bare] for bare in near]


def _bare(title: str) -> str:
    """ "Matrix, The (1999)" without its year and article, in lower case."""
    return re.sub(r"(, (the|an?))?( \(\d{4}\))?$", "", title.strip().lower())


def _quoted(titles: list[str]) -> str:
    return ", ".join(f'"{title}"' for title in titles)
