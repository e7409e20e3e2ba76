"""Pictures, drawn with matplotlib (extra "plots")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec.errors import BadRequest, MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from movierec.evaluation.results import EvaluationReport

__all__ = ["plot_loss", "plot_quality"]


def plot_loss(run: dict[str, Any], path: Path) -> None:
    """The mean loss a pair by epoch of one train Run, as a PNG, SVG or PDF by the ending of `path`."""
    losses = run.get("losses")
    if not losses:
        raise BadRequest(f"The run {run['runId']} recorded no losses; choose a finished train run.")
    with _drawn(path) as axes:
        from matplotlib.ticker import MaxNLocator

        epochs = list(range(1, len(losses) + 1))
        axes.plot(epochs, losses, marker="o", color="#2a6f97")
        axes.set_xlabel("epoch")
        axes.set_ylabel("mean loss a pair (nats)")
        axes.set_title(run["runId"])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", alpha=0.3)


def plot_quality(report: EvaluationReport, path: Path) -> None:
    """Coverage@10 and NDCG@10 of each method of an evaluation."""
    with _drawn(path) as axes:
        for name, metrics in report.methods.items():
            is_ours = name == "movierec"
            place = (metrics["coverage@10"], metrics["ndcg@10"])
            axes.plot(*place, marker="o", color="#c1121f" if is_ours else "#2a6f97")
            axes.annotate(
                name,
                place,
                textcoords="offset points",
                xytext=(5, 4),
                fontsize=8,
                fontweight="bold" if is_ours else "normal",
            )
        axes.margins(x=0.2, y=0.1)
        axes.set_xlabel("coverage@10 (fraction of the rated movies)")
        axes.set_ylabel("NDCG@10")
        order = "sequential" if report.sequential else "not sequential"
        axes.set_title(f"{report.protocol}; {order}", fontsize=8)
        axes.grid(alpha=0.3)


@contextmanager
def _drawn(path: Path) -> Iterator[Axes]:
    """Axes to draw on, written to `path` afterwards; BadRequest where that cannot be written."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Drawing", "plots") from error
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(6, 3.6), layout="constrained")
        yield figure.subplots()
        try:
            figure.savefig(path, dpi=150)
        except (OSError, ValueError) as error:
            raise BadRequest(f"Cannot write {path}: {error}.") from error
