"""Pictures, drawn with matplotlib (extra "plots")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from movierec.errors import BadRequest, MissingExtra
from movierec.whole_file import whole_file

if TYPE_CHECKING:
    from movierec.evaluation.results import EvaluationReport
    from movierec.graph.pull import Edges
    from movierec.movie_map.movies import MapMovies, Region

__all__ = ["plot_graph", "plot_loss", "plot_map", "plot_quality", "require_picture_file", "write_page"]

PICTURES = (".png", ".svg", ".pdf")

LINE, OURS, OTHER = "#0072b2", "#d55e00", "#8d939b"


def require_picture_file(path: Path, others: tuple[str, ...] = ()) -> None:
    """Raise BadRequest, before any work is done, where `path` has another ending or its folder is not there."""
    known = (*others, *PICTURES)
    if path.suffix.lower() not in known:
        raise BadRequest(f"{path} ends in {path.suffix!r}; expected one of {', '.join(known)}.")
    if not path.absolute().parent.is_dir():
        raise BadRequest(f"{path.absolute().parent} is no folder; expected one to write {path.name} to.")


def write_page(page: str, path: Path) -> None:
    """Write an HTML page, whole or not at all."""
    try:
        with whole_file(path) as file:
            file.write(page.encode())
    except OSError as error:
        raise BadRequest(f"Cannot write {path}: {error.strerror}.") from error


def plot_loss(run: dict[str, Any], path: Path) -> None:
    """The mean loss a pair by epoch of one train Run, as a PNG, SVG or PDF by the ending of `path`."""
    losses = run.get("losses")
    if not losses:
        raise BadRequest(f"The run {run['runId']} recorded no losses; choose a finished train run.")
    with _drawn(path) as axes:
        from matplotlib.ticker import MaxNLocator

        epochs = list(range(1, len(losses) + 1))
        axes.plot(epochs, losses, marker="o", color=LINE)
        axes.set_xlabel("epoch")
        axes.set_ylabel("mean loss a pair (nats)")
        axes.set_title(run["runId"])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", alpha=0.3)


def plot_quality(report: EvaluationReport, path: Path) -> None:
    """NDCG@10 of each method of an evaluation with its 95 % confidence interval, and coverage@10 beside it."""
    names = sorted(report.methods, key=lambda name: report.methods[name]["ndcg@10"])
    with _drawn(path, (8, 1.4 + 0.28 * len(names)), columns=2) as (quality, coverage):
        for row, name in enumerate(names):
            colour = OURS if name.startswith("movierec") else LINE
            metrics = report.methods[name]
            low, high = report.intervals.get(name, (metrics["ndcg@10"], metrics["ndcg@10"]))
            quality.plot((low, high), (row, row), color=colour, linewidth=2)
            quality.plot(metrics["ndcg@10"], row, marker="o", color=colour)
            coverage.plot(metrics["coverage@10"], row, marker="o", color=colour)
        quality.set_yticks(range(len(names)), names)
        for label, name in zip(quality.get_yticklabels(), names, strict=True):
            label.set_fontweight("bold" if name.startswith("movierec") else "normal")
        quality.set_xlabel("NDCG@10 with its 95 % interval")
        coverage.set_yticks(range(len(names)), [])
        coverage.set_xlabel("coverage@10 (share of rated movies)")
        coverage.set_xlim(left=0)
        for axes in (quality, coverage):
            axes.grid(axis="x", alpha=0.3)
        order = "with the order of likes" if report.sequential else "without the order of likes"
        quality.figure.suptitle(f"{report.protocol}; {order}", fontsize=9)


def plot_graph(graphs: Mapping[str, Edges], path: Path) -> None:
    """How degrees and weights of relationships are distributed: which share of movies, or of relationships, has at
    least so much. `graphs` are edges by their type.
    """
    with _drawn(path, (9, 3.8), columns=2) as (degrees, weights):
        for (name, (sources, targets, values)), colour in zip(
            graphs.items(), (LINE, OURS, "#009e73"), strict=False
        ):
            _, counts = np.unique(np.concatenate([sources, targets]), return_counts=True)
            label = f"{name}, {len(values):,}"
            degrees.plot(*_at_least(counts), color=colour, label=label)
            weights.plot(*_at_least(values), color=colour, label=label)
        degrees.set_xlabel("relationships of a movie")
        degrees.set_ylabel("share of movies with at least as many")
        weights.set_xlabel("weight")
        weights.set_ylabel("share of relationships with at least as much")
        for axes in (degrees, weights):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.grid(alpha=0.3)
        degrees.legend(frameon=False, fontsize=8)


def _at_least(values: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Each value that occurs, ascending, and which share of all values is not below it."""
    found, counts = np.unique(values, return_counts=True)
    return found, np.cumsum(counts[::-1])[::-1] / max(len(values), 1)


def plot_map(movies: MapMovies, regions: Sequence[Region], path: Path) -> None:
    """All movies where they lie on the map, by the colours of its page, with the names of its regions."""
    from movierec.movie_map.movies import shown_genres
    from movierec.movie_map.page import COLOURS

    shown = shown_genres(movies.genres, len(COLOURS))
    colours = dict(zip(shown, COLOURS, strict=False))
    # The rarest of a movie's genres that has a colour, as on the page.
    genres = [next((one for one in reversed(shown) if one in own), None) for own in movies.genres]
    with _drawn(path, (10, 10)) as axes:
        from matplotlib.patheffects import withStroke

        by_likes = np.argsort(movies.like_counts, kind="stable")
        sizes = 4 + 60 * np.sqrt(movies.like_counts / max(movies.like_counts.max(initial=1), 1))
        for genre in (None, *reversed(shown)):
            own = by_likes[[genres[i] == genre for i in by_likes]]
            axes.scatter(
                movies.places[own, 0],
                movies.places[own, 1],
                s=sizes[own],
                c=OTHER if genre is None else colours[genre],
                alpha=0.45 if genre is None else 0.8,
                linewidths=0,
                label="other" if genre is None else genre,
            )
        for one in regions:
            axes.annotate(
                one.name,
                (one.x, one.y),
                ha="center",
                va="center",
                fontsize=9,
                fontweight="bold",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_title(f"{len(movies):,} movies; those that the same people like lie near each other")
        handles, labels = axes.get_legend_handles_labels()
        if shown:
            axes.legend(
                handles[::-1],
                labels[::-1],
                loc="lower center",
                bbox_to_anchor=(0.5, -0.05),
                ncols=4,
                frameon=False,
            )


@contextmanager
def _drawn(path: Path, size: tuple[float, float] = (6, 3.6), columns: int = 1) -> Iterator[Any]:
    """Axes of so many inches to draw on, or a list of them where there are columns, written to `path` afterwards.

    Raises BadRequest where that cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Drawing", "plots") from error
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=size, layout="constrained")
        yield figure.subplots(1, columns)
        try:
            figure.savefig(path, dpi=150)
        except (OSError, ValueError) as error:
            raise BadRequest(f"Cannot write {path}: {error}.") from error
