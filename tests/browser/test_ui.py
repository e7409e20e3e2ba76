"""The pages of `movierec ui` in a headless Chromium, as strangers use them.

With $MOVIEREC_SCREENSHOTS the pictures are kept in that folder; those of docs/ are made so.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks.pages import pages_of
from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.protocol import evaluate_in
from movierec.evaluation.record import record_evaluation
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.reset import reset_database
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.home import Home
from tests.browser.page import FLAGS, log_in, rows, run
from tests.servers import MOVIELENS, SMALL_DERIVE, SMALL_TRAIN
from tests.small_ratings import write_small_ratings

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {
    "start": "/",
    "find": "/find?q=star+wars",
    "movie": "/movie?movie=2571",
    "form": "/recommend",
    "recommend": "/recommend?then=2571&then=1196&then=260",
    "user": "/recommend?user=1&genre=Comedy&year=1990..1999&diversity=0.3",
    "popular": "/recommend?user=1&genre=Film-Noir&year=1890",
    "explain": "/explain?movie=1200&then=2571&then=1196&then=1214",
    "model": "/model",
    "runs": "/runs",
    "problem": "/movie?movie=matrx",
}

SHOWN = ("start", "movie", "recommend", "explain", "model")  # in docs/images


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    folder = tmp_path_factory.mktemp("ui")
    server = EmbeddedServer(Home(folder / "home"), dict(os.environ))
    try:
        server.start()
        with Database(server.settings()) as database:
            load_ratings(database, write_small_ratings(folder / "small"))
            report = evaluate_in(database, SplitSettings(), SMALL_DERIVE, SMALL_TRAIN, server.home.checkpoints)
            reset_database(database)
            load_ratings(database, MOVIELENS)
            derive_co_liked(database, DeriveSettings())
            settings = TrainSettings(epochs=2, profile_epochs=10, encoder_epochs=1)
            train_and_write(database, settings, server.home.checkpoints)
            record_evaluation(database, report)  # of other ratings, but the page looks the same
        yield server
    finally:
        server.discard()


@pytest.fixture(scope="module")
def address(server: EmbeddedServer) -> Iterator[str]:
    with pages_of(server) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["MOVIEREC_CHROMIUM"], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(30_000)
    yield context
    context.close()


def titles(page: Page) -> list[str]:
    return page.locator(".cards h2 a").all_inner_texts()


def choose(page: Page, label: str, typed: str, title: str) -> None:
    """Type into a box for a movie, and take what is suggested."""
    page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("option", name=title, exact=True).click()


def test_stranger_finds_a_movie_and_gets_a_list_that_neo4j_browser_gives_too(
    context: BrowserContext, address: str, server: EmbeddedServer
) -> None:
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    choose(page, "Find a movie", "matirx", "Matrix, The (1999)")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matrix, The (1999)")
    page.get_by_role("link", name="I like it: what next?").click()
    choose(page, "And then", "alien", "Alien (1979)")
    choose(page, "And then", "terminator 2", "Terminator 2: Judgment Day (1991)")
    expect(page.locator(".cards li")).to_have_count(10)
    expect(page.locator(".because")).to_have_count(10)
    first = titles(page)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Years").fill("1990..1999")
    page.get_by_role("group", name="Genres: one of these").get_by_label("Comedy").check()
    page.get_by_role("button", name="Recommend", exact=True).click()
    expect(page).to_have_url(re.compile(r"year=1990\.\.1999"))
    comedies = titles(page)
    assert len(comedies) == 10
    assert comedies != first
    assert all(re.search(r"\(199\d\)$", title) for title in comedies)
    assert all("Comedy" in genres for genres in page.locator(".cards .genres").all_inner_texts())
    assert "user=" not in page.url, "what a form leaves empty is not in the address"

    page.get_by_text("The Cypher that gives this answer").click()
    page.get_by_role("button", name="Copy the Cypher").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    cypher: str = page.evaluate("navigator.clipboard.readText()")

    page.get_by_role("link", name=re.compile("^Why")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Why {comedies[0]}?")
    expect(page.get_by_role("table").first).to_be_visible()
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(address).netloc}, "no other host is asked"

    state = server.running()
    assert state is not None
    other = context.new_page()
    log_in(other, state.http_port, server.settings())
    shown = rows(run(other, cypher))
    place = shown[0].index("title")
    assert [row[place].strip('"') for row in shown[1:]] == comedies


def test_keyboard_alone_is_enough(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Find a movie")).to_be_focused()
    page.keyboard.type("toy sto")
    expect(page.get_by_role("option").first).to_have_text("Toy Story (1995)")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Story (1995)")
    page.get_by_label("Find a movie").focus()
    page.keyboard.type("heat")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    link = page.get_by_role("link", name="I like it: what next?")
    for _ in range(12):
        page.keyboard.press("Tab")
        if link.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".cards li")).to_have_count(10)


def test_pages_work_without_javascript(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Find a movie").fill("matirx")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Matrix, The (1999)", exact=True).click()
    page.get_by_role("link", name="I like it: what next?").click()
    assert len(titles(page)) == 10
    page.get_by_label("And then", exact=True).fill("Alien (1979)")
    page.get_by_role("button", name="Recommend", exact=True).click()
    assert page.locator(".chosen li").count() == 2
    page.get_by_label("Remove Matrix, The (1999)").click()
    assert page.locator(".chosen li").count() == 1
    page.get_by_label("What fits at any time").check()
    page.get_by_role("button", name="Recommend", exact=True).click()
    expect(page.locator(".lead")).to_contain_text("What fits at any time")
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The model")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1440])
def test_every_page_is_accessible_and_fits(
    chromium: Browser, address: str, scheme: str, width: int, tmp_path: Path
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    for name, path in PAGES.items():
        response = page.goto(address + path)
        assert response is not None
        assert response.status == (404 if name == "problem" else 200), name
        if name == "model":
            expect(page.get_by_role("heading", name="How well it ranks")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}, {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if (width, scheme) == (1440, "light") and name in SHOWN:
            folder = Path(os.environ.get("MOVIEREC_SCREENSHOTS", tmp_path))
            page.screenshot(path=folder / f"ui-{name}.png")
    assert not [one for one in problems if "404" not in one], problems
    context.close()


def test_database_that_goes_away_is_said_and_found_again(
    context: BrowserContext, address: str, server: EmbeddedServer
) -> None:
    page = context.new_page()
    page.goto(f"{address}/movie?movie=2571")
    server.stop()
    try:
        response = page.goto(f"{address}/movie?movie=2571")
        assert response is not None
        assert response.status == 503
        expect(page.get_by_role("heading", level=1)).to_have_text("The database is away")
        page.get_by_label("Find a movie").fill("matrix")  # nothing is suggested, and nothing breaks
        page.wait_for_timeout(1_000)
        expect(page.get_by_role("option")).to_have_count(0)
    finally:
        server.start()
    for _ in range(20):
        response = page.goto(f"{address}/movie?movie=2571")
        if response is not None and response.status == 200:
            break
        page.wait_for_timeout(1_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Matrix, The (1999)")


def test_map_is_searched_and_read_without_a_network(
    chromium: Browser, server: EmbeddedServer, tmp_path: Path
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    env |= {"MOVIEREC_HOME": str(server.home.folder)}
    path = tmp_path / "map.html"
    subprocess.run([sys.executable, "-m", "movierec", "plot", "map", path], env=env, check=True)
    problems: list[str] = []
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320)):
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, color_scheme="dark" if scheme == "dark" else "light"
        )
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(path.as_uri())
        if (scheme, width) == ("light", 1280):
            page.screenshot(path=Path(os.environ.get("MOVIEREC_SCREENSHOTS", tmp_path)) / "map.png")
        page.get_by_label("Find a movie").fill("mátrix")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=2)).to_have_text("Matrix, The (1999)")
        assert page.locator("#near li").count() == 8
        page.locator("#near button").first.click()
        expect(page.get_by_role("heading", level=2)).not_to_have_text("Matrix, The (1999)")
        page.get_by_label("by decade").check()
        page.get_by_role("button", name="1990s").click()
        expect(page.get_by_role("button", name="1990s")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}, {width}: {found.generate_report()}"
        again = context.new_page()
        again.goto(page.url)
        expect(again.get_by_role("heading", level=2)).to_be_visible()  # the address names the movie
        assert not problems
        context.close()


def test_drawn_reasons_need_no_network(chromium: Browser, server: EmbeddedServer, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    env |= {"MOVIEREC_HOME": str(server.home.folder)}
    path = tmp_path / "reasons.html"
    command = [sys.executable, "-m", "movierec", "explain", "Aliens (1986)", "--user", "1", "--html", str(path)]
    subprocess.run(command, env=env, check=True)
    problems: list[str] = []
    context = chromium.new_context(viewport={"width": 1000, "height": 700})
    context.set_offline(True)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto(path.as_uri())
    expect(page.locator("canvas").first).to_be_visible()
    page.wait_for_timeout(6_000)  # the nodes move to their places
    page.screenshot(path=Path(os.environ.get("MOVIEREC_SCREENSHOTS", tmp_path)) / "reasons.png")
    assert not problems
    context.close()


def test_example_in_javascript_gives_titles(context: BrowserContext, address: str) -> None:
    (example,) = re.findall(r"```javascript\n(.*?)```", (DOCS / "ui.md").read_text(), re.DOTALL)
    page, lines = context.new_page(), []
    page.goto(address)
    page.on("console", lambda message: lines.append(message.text))
    page.evaluate("async () => {" + example.replace("http://127.0.0.1:8765", address) + "}")
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
