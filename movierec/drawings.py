"""Why a movie is recommended, as a drawing by neo4j-viz: for a notebook, or as a page of its own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from movierec.errors import MissingExtra
from movierec.plots import write_page
from movierec.recommendation.results import Reason, Recommendation

if TYPE_CHECKING:
    from neo4j_viz import VisualizationGraph

__all__ = ["draw_reasons", "require_neo4j_viz", "write_reasons"]

MOVIE_COLOUR, LIKED_COLOUR = "#0072b2", "#e69f00"  # blue and orange of Okabe and Ito, told apart by everybody
MOVIE_SIZE, LIKED_SIZES = 36.0, (22.0, 34.0)  # of nodes; likes from the smallest share to the largest


def require_neo4j_viz() -> None:
    """Raise MissingExtra where it is not there, before any work is done."""
    if not find_spec("neo4j_viz"):
        raise MissingExtra("Drawing reasons", "notebook")


def draw_reasons(explained: Recommendation) -> VisualizationGraph:
    """The movie and the likes that contribute to its score; nodes are sized by their share of it.

    Links say how many people like both, and times how many by chance. In a notebook,
    `draw_reasons(client.explain(...)).render()` shows it. Raises MissingExtra without neo4j-viz.
    """
    require_neo4j_viz()
    from neo4j_viz import Node, Relationship, VisualizationGraph

    movie = Node(id="movie", caption=explained.title, size=MOVIE_SIZE, color=MOVIE_COLOUR)
    movie.properties = {"movieId": explained.movie_id, "rank": explained.rank, "score": explained.score}
    largest = max((reason.share for reason in explained.because), default=0.0) or 1.0
    nodes, links = [movie], []
    smallest_size, largest_size = LIKED_SIZES
    for i, reason in enumerate(explained.because):
        size = smallest_size + (largest_size - smallest_size) * max(reason.share, 0.0) / largest
        node = Node(id=f"like {i}", caption=reason.title, size=size, color=LIKED_COLOUR)
        node.properties = {"movieId": reason.movie_id, "share": reason.share}
        nodes.append(node)
        link = Relationship(source=node.id, target=movie.id, caption=_evidence(reason))
        link.properties = {"count": reason.count, "lift": reason.lift, "followed": reason.followed}
        links.append(link)
    return VisualizationGraph(nodes=nodes, relationships=links)


def write_reasons(explained: Recommendation, path: Path) -> None:
    """Write the drawing as one HTML page that needs no network, whole or not at all."""
    write_page(draw_reasons(explained).render(height="100vh").data, path)


def _evidence(reason: Reason) -> str:
    return f"{reason.count:,} liked both ({reason.lift:.1f} x)"
