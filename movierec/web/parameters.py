"""What the query of an address asks: typed, checked, and written back as an address. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from movierec.errors import BadRequest

__all__ = ["REQUEST", "Asked", "asked_from"]

MOST_LIKES = 200  # named in one address
MOST_ROWS = 200  # of one list, as on the command line
MOST_OFFSET = 1_000
# Whom a list is for, and which movies it may have.
REQUEST = (
    *("user", "likes", "then", "dislikes", "genre", "with_genre", "without_genre", "year", "min_ratings"),
    *("exclude", "with_rated", "diversity", "popularity", "sequential", "k", "offset"),
)
SEVERAL = frozenset(("likes", "then", "dislikes", "genre", "with_genre", "without_genre", "exclude"))
SEQUENTIAL = {"auto": None, "": None, "on": True, "off": False}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks, for which movies: the options of `movierec recommend`, by the same names."""

    user: str = ""
    likes: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    genre: tuple[str, ...] = ()
    with_genre: tuple[str, ...] = ()
    without_genre: tuple[str, ...] = ()
    year: str = ""
    min_ratings: int = 0
    exclude: tuple[str, ...] = ()
    with_rated: bool = False
    diversity: float = 0.0
    popularity: float = 0.0
    sequential: bool | None = None
    k: int = 10
    offset: int = 0
    others: dict[str, str] = field(default_factory=dict)
    """parameters of the same address that are none of these"""

    @property
    def names_somebody(self) -> bool:
        return bool(self.user or self.likes or self.then)

    def address(self, path: str, **changes: Any) -> str:
        """The address of `path` with these parameters but for the changes; what is as by default is left out."""
        one = replace(self, **changes)
        plain = Asked()
        pairs: list[tuple[str, Any]] = list(one.others.items())
        for name in REQUEST:
            value = getattr(one, name)
            if value == getattr(plain, name):
                continue
            if name in SEVERAL:
                pairs += [(name, each) for each in value]
            elif isinstance(value, bool):
                pairs.append((name, "on" if value else "off"))
            else:
                pairs.append((name, f"{value:g}" if isinstance(value, float) else value))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def liking(self, movie_id: object) -> Asked:
        """With one more like, the newest."""
        text = str(movie_id)
        return replace(self, then=(*(one for one in self.then if one != text), text), offset=0)

    def named(self, **movie_ids: Iterable[object]) -> Asked:
        """With movies by their ids in the place of what was typed."""
        changes: dict[str, Any] = {name: tuple(map(str, ids)) for name, ids in movie_ids.items()}
        return replace(self, **changes)

    def corrected(self, name: str, value: str, better: str) -> Asked:
        """With one of several values in the place of another."""
        changes: dict[str, Any] = {name: tuple(better if one == value else one for one in getattr(self, name))}
        return replace(self, **changes, offset=0)

    def without(self, name: str, value: str) -> Asked:
        """Without one of several values."""
        changes: dict[str, Any] = {name: tuple(one for one in getattr(self, name) if one != value)}
        return replace(self, **changes, offset=0)


def asked_from(pairs: Iterable[tuple[str, str]], names: Sequence[str] = REQUEST) -> Asked:
    """What pairs of name and value ask; `names` are the parameters that the address may have, those of REQUEST or
    others.

    Raises BadRequest for a name that is none, one that is there twice and may not be, or a value out of range.
    Empty values are what a form leaves empty: as if they were not there.
    """
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in names:
            expected = ", ".join(names)
            raise BadRequest(f"No parameter {name!r}; expected {'one of ' if expected else 'none'}{expected}.")
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    for name, values in found.items():
        if len(values) > 1 and name not in SEVERAL:
            raise BadRequest(f"{name} is there {len(values)} times; expected once.")
        if len(values) > MOST_LIKES:
            raise BadRequest(f"{name} is there {len(values)} times; expected at most {MOST_LIKES}.")

    def one(name: str) -> str:
        return found.get(name, [""])[0]

    return Asked(
        user=one("user"),
        year=one("year"),
        min_ratings=_whole("min_ratings", one("min_ratings"), 0, 2**31 - 1, 0),
        with_rated=_on_or_off("with_rated", one("with_rated")),
        diversity=_number("diversity", one("diversity"), 0.0, 1.0),
        popularity=_number("popularity", one("popularity"), -2.0, 2.0),
        sequential=_sequential(one("sequential")),
        k=_whole("k", one("k"), 1, MOST_ROWS, 10),
        offset=_whole("offset", one("offset"), 0, MOST_OFFSET, 0),
        others={name: one(name) for name in found if name not in REQUEST},
        **{name: tuple(dict.fromkeys(found.get(name, ()))) for name in SEVERAL},
    )


def _whole(name: str, text: str, least: int, most: int, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise BadRequest(f"{name} is {text!r}; expected a whole number from {least} to {most}.")
    return int(text)


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise BadRequest(f"{name} is {text!r}; expected a number from {least:g} to {most:g}.")
    return value


def _on_or_off(name: str, text: str) -> bool:
    if text not in ("", "on", "off"):
        raise BadRequest(f"{name} is {text!r}; expected on or off.")
    return text == "on"


def _sequential(text: str) -> bool | None:
    if text not in SEQUENTIAL:
        raise BadRequest(f"sequential is {text!r}; expected on, off or auto.")
    return SEQUENTIAL[text]
