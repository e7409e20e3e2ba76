"""Titles while they are typed: the last word may be a beginning, and a letter or two may be wrong."""

from __future__ import annotations

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.errors import DatabaseFailed
from movierec.lookup.movies import movies_meant, movies_of_id
from movierec.lookup.titles import ARTICLES, LONGEST_WORD, words

__all__ = ["SHORTEST", "suggest_titles"]

SHORTEST = 2  # letters, from which on there is something to suggest
MOST_WORDS = 20  # of what is typed; each is a clause for Lucene, which takes a thousand
LOOKED_AT = 1_000  # titles that hold the words, of which the most liked are suggested


def suggest_titles(database: Database, text: str, n: int = 8) -> list[Row]:
    """Up to `n` {"movieId", "title", "year", "likeCount"}: first the movie of this id, and those of this title.

    Then, the most liked first, titles that hold all of the words, the last one at least as a beginning; where
    there is none, titles with words that differ by a letter or two. Case, accents, punctuation and articles do not
    count.
    """
    first = [*movies_of_id(database, text.strip()), *movies_meant(database, text)] if words(text) else []
    found = {row["movieId"]: row for row in [*first, *_begun(database, text, n)]}
    keys = ("movieId", "title", "year", "likeCount")
    return [{key: row[key] for key in keys} | {"likeCount": row["likeCount"] or 0} for row in found.values()][:n]


def _begun(database: Database, text: str, n: int) -> list[Row]:
    typed = words(text)
    if sum(map(len, typed)) < SHORTEST:
        return []
    named = [word[:LONGEST_WORD] for word in typed if word not in ARTICLES] or list(typed)
    named = named[:MOST_WORDS]
    for search in (_holds(named), _near(named)):
        try:
            rows = database.read(load_query("web/titles"), search=search, most=LOOKED_AT, limit=n)
        except DatabaseFailed as error:
            if "movie_titles" not in str(error):
                raise
            return []  # no stage has run yet that makes the index
        if rows:
            return rows
    return []


def _holds(named: list[str]) -> str:
    # Words are letters and digits in lower case, and so no operators of Lucene's syntax.
    *before, last = named
    return " AND ".join([*(f'"{word}"' for word in before), f"({last} OR {last}*)"])


def _near(named: list[str]) -> str:
    """All words as they may be misspelt, the last one perhaps unfinished."""
    return " AND ".join(f"({word}~{1 if len(word) < 5 else 2} OR {word}*)" for word in named)
