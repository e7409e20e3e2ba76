"""Pictures, drawn with matplotlib (extra "plots")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from movierec.errors import BadRequest, MissingExtra

__all__ = ["plot_loss"]


def plot_loss(run: dict[str, Any], path: Path) -> None:
    """The mean loss a pair by epoch of one train Run, as a PNG, SVG or PDF by the ending of `path`."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise MissingExtra("Drawing", "plots") from error
    losses = run.get("losses")
    if not losses:
        raise BadRequest(f"The run {run['runId']} recorded no losses; choose a finished train run.")
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(6, 3.6), layout="constrained")
        axes = figure.subplots()
        epochs = list(range(1, len(losses) + 1))
        axes.plot(epochs, losses, marker="o", color="#2a6f97")
        axes.set_xlabel("epoch")
        axes.set_ylabel("mean loss a pair (nats)")
        axes.set_title(run["runId"])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", alpha=0.3)
        try:
            figure.savefig(path, dpi=150)
        except (OSError, ValueError) as error:
            raise BadRequest(f"Cannot write {path}: {error}.") from error
