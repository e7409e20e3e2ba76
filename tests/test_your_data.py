"""docs/your-data.md shows what the commands print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.example_files import write_letterboxd, write_netflix, write_shop
from tests.conftest import Answer

PAGE = (Path(__file__).parent.parent / "docs" / "your-data.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_letterboxd(folder / "letterboxd")
    write_shop(folder / "shop")
    write_netflix(folder / "netflix")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["letterboxd", "--user", "me"],
        ["shop/orders.parquet", "--implicit"],
        ["netflix"],
    ],
)
def test_page_shows_what_is_understood_of_the_files(
    arguments: list[str], files: Path, movierec: Callable[..., Answer]
) -> None:
    path, *options = arguments
    answer = movierec("load", files / path, *options, "--dry-run")
    assert answer.exit_code == 0, answer.err
    shown, _, _ = answer.out.partition("Checked; nothing was written")
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    assert len(lines) > 10
    assert [line for line in lines if line not in PAGE] == []
