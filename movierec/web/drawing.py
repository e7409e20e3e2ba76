"""Where things stand in the two drawings: a movie among those most similar to it, and likes that lead to a movie.

Pure: numbers in, numbers out. The templates make SVG of them, and show the same as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from movierec.recommendation.results import Reason, SimilarMovie
from movierec.web.results import Link, MovieDetails

__all__ = ["Drawing", "Flow", "Line", "Node", "evidence", "neighbourhood", "shortened"]

WIDTH, HEIGHT = 860, 430
RING = (160.0, 175.0)  # radii of the ellipse on which the neighbours stand
LABEL = 36  # letters of a title that is written beside a node
THICKEST = 9.0  # line


@dataclass(frozen=True)
class Node:
    """A movie at a place; `side` says where its title stands: start (right of it), end (left) or middle."""

    movie_id: int | str
    title: str
    label: str
    x: float
    y: float
    radius: float
    side: str


@dataclass(frozen=True)
class Line:
    """CO_LIKED of two movies; `is_spoke` between the movie in the middle and another."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    is_spoke: bool
    said: str


@dataclass(frozen=True)
class Drawing:
    """Nodes, the one in the middle first, and lines, those in the background first."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Flow:
    """One like and its share of a score: a band of this width, from its place on the left to the right."""

    movie_id: int | str
    title: str
    label: str
    y: float
    end_y: float
    width: float
    share: float


def neighbourhood(movie: MovieDetails, similar: Sequence[SimilarMovie], links: Sequence[Link]) -> Drawing:
    """The movie in the middle, the others on a ring around it, so that those linked most are side by side.

    Each of the others keeps its strongest link with another of them, and none of the rest.
    """
    titles: dict[int | str, str] = {row.movie_id: row.title for row in similar} | {movie.movie_id: movie.title}
    likes: dict[int | str, int] = {row.movie_id: row.like_count or 0 for row in similar}
    likes[movie.movie_id] = movie.like_count or 0
    places = {movie.movie_id: (WIDTH / 2, HEIGHT / 2)}
    order = _around(list(likes)[:-1], links)
    for i, movie_id in enumerate(order):
        angle = 2 * math.pi * (i + 0.5) / max(len(order), 1) - math.pi / 2
        places[movie_id] = (WIDTH / 2 + RING[0] * math.cos(angle), HEIGHT / 2 + RING[1] * math.sin(angle))
    most, heaviest = max(likes.values(), default=0) or 1, max((link.weight for link in links), default=0.0) or 1.0

    def node(movie_id: int | str) -> Node:
        x, y = places[movie_id]
        side = "middle" if movie_id == movie.movie_id else "start" if x >= WIDTH / 2 else "end"
        radius = 5 + 9 * math.sqrt(likes[movie_id] / most)
        title = titles[movie_id]
        return Node(movie_id, title, shortened(title), round(x, 1), round(y, 1), round(radius, 1), side)

    def line(link: Link) -> Line:
        (x1, y1), (x2, y2) = places[link.movie_id], places[link.other_id]
        people = "1 person" if link.count == 1 else f"{link.count} people"
        said = f"{titles[link.movie_id]} and {titles[link.other_id]}: {people} liked both"
        is_spoke = movie.movie_id in (link.movie_id, link.other_id)
        width = 1 + (THICKEST - 1) * link.weight / heaviest
        return Line(round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1), round(width, 1), is_spoke, said)

    lines = [line(link) for link in _shown(movie.movie_id, links)]
    return Drawing(
        WIDTH,
        HEIGHT,
        tuple(node(movie_id) for movie_id in (movie.movie_id, *order)),
        tuple(sorted(lines, key=lambda one: one.is_spoke)),
    )


def evidence(because: Sequence[Reason]) -> tuple[Flow, ...]:
    """Bands of the reasons, as wide as their shares, one below the other, that end side by side."""
    flows, place, end = [], 8.0, 0.0
    total = sum(reason.share for reason in because)
    for reason in because:
        width = max(2.0, 120 * reason.share)
        place += max(width, 24.0) / 2
        flows.append(
            Flow(
                reason.movie_id,
                reason.title,
                shortened(reason.title),
                round(place, 1),
                round(end + 60 * reason.share / (total or 1), 1),
                round(width, 1),
                reason.share,
            )
        )
        end += 120 * reason.share / (total or 1)
        place += max(width, 24.0) / 2 + 8
    return tuple(flows)


def shortened(title: str, most: int = LABEL) -> str:
    """A title of at most so many letters."""
    return title if len(title) <= most else title[: most - 1].rstrip() + "…"


def _around(movie_ids: Sequence[int | str], links: Sequence[Link]) -> list[int | str]:
    """From the first on, always the one that is linked most with the last."""
    weights: dict[tuple[int | str, int | str], float] = {}
    for link in links:
        weights[link.movie_id, link.other_id] = weights[link.other_id, link.movie_id] = link.weight
    left = list(movie_ids)
    order = [left.pop(0)] if left else []
    while left:
        best = max(left, key=lambda one: (weights.get((order[-1], one), 0.0), -left.index(one)))
        left.remove(best)
        order.append(best)
    return order


def _shown(centre: int | str, links: Sequence[Link]) -> list[Link]:
    """All of the one in the middle, and of each other the strongest; `links` strongest first."""
    kept: dict[Link, None] = {}
    strongest: Mapping[int | str, Link] = {}
    for link in links:
        if centre in (link.movie_id, link.other_id):
            kept[link] = None
            continue
        strongest = {link.movie_id: link, link.other_id: link} | dict(strongest)
    return [*kept, *dict.fromkeys(strongest.values())]
