"""Neo4j Browser in headless Chromium, used as a person uses it: log in, paste, run, look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, sync_playwright

from movierec.database.settings import ConnectionSettings

FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 90_000  # milliseconds
TABLE = """frame => [...frame.querySelectorAll('table.relatable__table tr')].map(
    row => [...row.querySelectorAll('[role=columnheader], [role=cell]')].map(cell => cell.innerText))"""
HAS_SETTLED = """isCypher => {
    const frames = document.querySelectorAll('[data-testid=frame]');
    if (frames.length !== 1) return false;
    const has = id => frames[0].querySelector(`[data-testid=${id}]`) !== null;
    if (!frames[0].innerText.trim() || has('stopRunFrameButton')) return false;
    return !isCypher || has('frame-loaded-contents') || has('multi-statement-list');
}"""


@contextmanager
def neo4j_browser(http_port: int, settings: ConnectionSettings) -> Iterator[Page]:
    """A page of Neo4j Browser, logged in."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["MOVIEREC_CHROMIUM"], args=FLAGS)
        page = chromium.new_page(
            viewport={"width": 1280, "height": 1000}, permissions=["clipboard-read", "clipboard-write"]
        )
        log_in(page, http_port, settings)
        yield page
        chromium.close()


def log_in(page: Page, http_port: int, settings: ConnectionSettings) -> None:
    """Open Neo4j Browser in this page, and connect."""
    page.set_default_timeout(TIMEOUT)
    page.goto(f"http://127.0.0.1:{http_port}/browser/")
    page.get_by_test_id("bolt-scheme-select").select_option("bolt://")
    page.get_by_test_id("boltaddress").fill(settings.uri.removeprefix("bolt://"))
    page.get_by_test_id("username").fill(settings.username)
    page.get_by_test_id("password").fill(settings.password)
    page.get_by_test_id("connect").click()
    page.get_by_text("You are connected as user").wait_for()


def run(page: Page, text: str) -> Locator:
    """Paste a text into the editor of an empty page and run it; its frame, when that has settled."""
    _paste(page, ":clear")
    page.wait_for_function("() => document.querySelector('[data-testid=frame]') === null")
    _paste(page, text)
    page.wait_for_function(HAS_SETTLED, arg=not text.startswith(":"))
    return page.get_by_test_id("frame")


def rows(frame: Locator) -> list[list[str]]:
    """What the table shows, header first."""
    frame.get_by_test_id("cypherFrameSidebarTable").click()
    frame.locator("table.relatable__table").wait_for()
    found: list[list[str]] = frame.evaluate(TABLE)
    return found


def drawing(frame: Locator) -> tuple[int, int]:
    """How many nodes and how many relationships are drawn."""
    frame.get_by_test_id("cypherFrameSidebarVisualization").click()
    frame.locator("svg.neod3viz g.node").first.wait_for()
    return frame.locator("svg.neod3viz g.node").count(), frame.locator("svg.neod3viz g.relationship").count()


def _paste(page: Page, text: str) -> None:
    """Through the clipboard, which leaves the text as it is where typing would complete brackets."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#monaco-main-editor").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    page.get_by_test_id("editor-Run").click()
