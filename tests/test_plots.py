from pathlib import Path

import pytest

from movierec.errors import BadRequest
from movierec.plots import plot_loss


def test_loss_is_drawn_as_png_and_svg(tmp_path: Path) -> None:
    run = {"runId": "train-1", "losses": [2.0, 1.5, 1.4]}
    plot_loss(run, tmp_path / "loss.png")
    plot_loss(run, tmp_path / "loss.svg")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "loss.svg").read_text()


@pytest.mark.parametrize(
    ("run", "name"), [({"runId": "x", "losses": []}, "a.png"), ({"runId": "x", "losses": [1.0]}, "a.nothing")]
)
def test_what_cannot_be_drawn_is_said(tmp_path: Path, run: dict[str, object], name: str) -> None:
    with pytest.raises(BadRequest):
        plot_loss(run, tmp_path / name)
