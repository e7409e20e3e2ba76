"""The recipes in Neo4j Browser, as the embedded server serves it.

Needs a Chromium, named by $MOVIEREC_CHROMIUM: `make test-browser`. With $MOVIEREC_SCREENSHOTS the pictures are
kept in that folder; those of docs/ are made so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import cypher_folder, load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.home import Home
from tests.browser.page import drawing, neo4j_browser, rows, run
from tests.servers import MOVIELENS

EXPLORE = cypher_folder() / "explore"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Home(tmp_path_factory.mktemp("browser") / "home"), dict(os.environ))
    try:
        server.start()
        with Database(server.settings()) as database:
            load_ratings(database, MOVIELENS)
            derive_co_liked(database, DeriveSettings.from_preset("keras"))
            train_and_write(database, TrainSettings.from_preset("keras"), server.home.checkpoints)
        yield server
    finally:
        server.discard()


@pytest.fixture(scope="module")
def page(server: EmbeddedServer) -> Iterator[Page]:
    state = server.running()
    assert state is not None
    with neo4j_browser(state.http_port, server.settings()) as page:
        # Otherwise Browser also draws relationships that the query did not return.
        run(page, ":config autoComplete: false")
        run(page, ":style\n" + (EXPLORE / "movierec.grass").read_text())
        yield page


@pytest.mark.parametrize("name", ["neighbours", "hidden_gems", "pairs_by_measure"])
def test_pasted_recipe_shows_its_rows(server: EmbeddedServer, page: Page, name: str, tmp_path: Path) -> None:
    frame = run(page, (EXPLORE / f"{name}.cypher").read_text())
    shown = rows(frame)
    with Database(server.settings()) as database:
        expected = database.read(load_query(f"explore/{name}"))
    assert shown[0] == list(expected[0])
    assert len(shown) == 1 + len(expected)
    first = next(iter(expected[0]))
    assert [row[0].strip('"') for row in shown[1:]] == [str(row[first]) for row in expected]
    if name == "hidden_gems":
        picture(page, name, tmp_path)


@pytest.mark.parametrize("name", ["neighbourhood", "why_linked", "taste", "bridges_between_genres", "chain"])
def test_pasted_recipe_draws_its_graph(server: EmbeddedServer, page: Page, name: str, tmp_path: Path) -> None:
    frame = run(page, (EXPLORE / f"{name}.cypher").read_text())
    with Database(server.settings()) as database:
        expected = database.read(load_query(f"explore/{name}"))
    n_nodes, n_relationships = drawing(frame)
    if name == "neighbourhood":
        assert (n_nodes, n_relationships) == (15, len(expected))
    elif name == "why_linked":
        assert (n_nodes, n_relationships) == (2 + len(expected), 2 * len(expected))
    elif name == "bridges_between_genres":
        ends = {row[end]["movieId"] for row in expected for end in ("a", "b")}
        assert (n_nodes, n_relationships) == (len(ends), len(expected))
    elif name == "chain":
        assert len(expected) == 1
        assert n_relationships == n_nodes - 1 == len(expected[0]["path"])
    else:
        pairs = {frozenset((row["movie"]["movieId"], row["other"]["movieId"])) for row in expected if row["other"]}
        assert (n_nodes, n_relationships) == (40, len(pairs))
    captions = frame.locator("svg.neod3viz g.node").all_text_contents()
    assert all(text.strip() for text in captions)
    assert any(any(word in text for word in ("Matrix", "Star", "Lion", "Alien", "Psycho")) for text in captions)
    picture(page, name, tmp_path)


def picture(page: Page, name: str, folder: Path) -> None:
    folder = Path(os.environ.get("MOVIEREC_SCREENSHOTS") or folder)
    page.wait_for_timeout(2_000)  # until the drawing has come to rest
    page.get_by_test_id("frame").screenshot(path=folder / f"browser-{name}.png")
    assert (folder / f"browser-{name}.png").stat().st_size > 10_000
