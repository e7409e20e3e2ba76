"""Titles as people type them: which stored titles mean the same, and which are near. Pure: texts in, texts out.

A title has a name, perhaps other names in brackets, and perhaps a year: "Léon: The Professional (a.k.a. The
Professional) (Léon) (1994)". Names are compared by what is left without case, accents and punctuation, from strict
to lenient: with their article ("Matrix, The" is "The Matrix"), without it, and as words in any order without any
article. Accents are folded by Unicode's compatibility decomposition (NFKD).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["ARTICLES", "LONGEST_WORD", "Title", "meant", "nearest", "parse_title", "title_keys", "words"]

# Of the languages in which MovieLens moves them behind the name.
ARTICLES = frozenset(
    (
        *("the", "a", "an"),
        *("le", "la", "les", "l", "un", "une", "des"),
        *("der", "die", "das", "den", "dem", "ein", "eine"),
        *("el", "los", "las", "unos", "unas"),
        *("il", "lo", "gli", "i", "uno", "una"),
        *("o", "os", "as", "um", "uma"),
        *("de", "het", "een", "en", "ett", "det"),
    )
)
# Letters without a decomposition.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "}
)
YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$")
BRACKETS = re.compile(r"\(([^()]*)\)")
ALIAS = re.compile(r"^\s*a\.?\s?k\.?\s?a\.?\s+", re.IGNORECASE)
MOVED_ARTICLE = re.compile(r"^(.*), ([^\s,]+)$", re.DOTALL)
LONGEST_WORD = 100  # letters; Lucene looks for near words by an automaton, which may not be too large
CUTOFF = 0.7  # of difflib's ratio, below which a title is not near


@dataclass(frozen=True)
class Title:
    """A title in parts: its name, other names of it, and its year. A moved article is back in front."""

    name: tuple[str, ...]  # words, folded
    others: tuple[tuple[str, ...], ...] = ()
    year: int | None = None


def words(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    kept = (c for c in decomposed if not unicodedata.combining(c))
    return tuple("".join(c if c.isalnum() else " " for c in kept).split())


def parse_title(text: str, year: int | None = None) -> Title:
    """The parts of a title; `year` is that of a column of its own, for a title without one."""
    found = YEAR.search(text)
    if found:
        text, year = text[: found.start()], int(found[1])
    bracketed = BRACKETS.findall(text)
    name = words(_with_article_in_front(BRACKETS.sub(" ", text)))
    others = tuple(words(_with_article_in_front(ALIAS.sub("", other))) for other in bracketed)
    return Title(name or words(text), tuple(other for other in others if other), year)


def meant(typed: str, titles: Sequence[Title]) -> list[int]:
    """Positions of the titles that `typed` names, by the strictest comparison that any of them passes.

    A year that was typed has to be theirs. A title's name counts before its other names.
    """
    readings = [parse_title(typed)]
    without_year = re.fullmatch(r"(.*\S)\s+(\d{4})", typed.strip())
    if readings[0].year is None and without_year:  # "Toy Story 1995"
        readings.append(parse_title(f"{without_year[1]} ({without_year[2]})"))
    for reading in readings:
        candidates = [i for i, title in enumerate(titles) if reading.year in (None, title.year)]
        for key in (_joined, _without_article, _any_order):
            wanted = key(reading.name)
            if not wanted:
                continue
            by_name = [i for i in candidates if key(titles[i].name) == wanted]
            found = by_name or [i for i in candidates if any(key(other) == wanted for other in titles[i].others)]
            if found:
                return found
    return []


def title_keys(title: Title) -> set[str]:
    """What titles that differ by case, accents, punctuation and article have in common; one for each name."""
    return {_without_article(name) for name in (title.name, *title.others)}


def nearest(typed: str, titles: Iterable[str], n: int) -> list[str]:
    """Up to `n` of the titles that differ from `typed` by a few letters, nearest first; never `typed` itself.

    Years and articles do not count against a title, and a name in brackets counts as the title does.
    """
    wanted = " ".join(_bare(parse_title(typed).name))
    ratios = {}
    for title in titles:
        if title == typed:
            continue
        parts = parse_title(title)
        matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
        best = 0.0
        for name in (parts.name, *parts.others):
            matcher.set_seq1(" ".join(_bare(name)))
            best = max(best, matcher.ratio())
        if best >= CUTOFF:
            ratios[title] = best
    return sorted(ratios, key=lambda title: (-ratios[title], title))[:n]


def _with_article_in_front(name: str) -> str:
    """MovieLens files "The Matrix" as "Matrix, The"."""
    moved = MOVED_ARTICLE.match(name.strip())
    if moved and words(moved[2]) and words(moved[2])[0] in ARTICLES:
        return f"{moved[2]} {moved[1]}"
    return name


def _bare(name: tuple[str, ...]) -> tuple[str, ...]:
    """The words without an article in front, if there are others."""
    return name[1:] if len(name) > 1 and name[0] in ARTICLES else name


def _joined(name: tuple[str, ...]) -> str:
    # "Spiderman" is "Spider-Man".
    return "".join(name)


def _without_article(name: tuple[str, ...]) -> str:
    return "".join(_bare(name))


def _any_order(name: tuple[str, ...]) -> str:
    return " ".join(sorted(word for word in name if word not in ARTICLES))
