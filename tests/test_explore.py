"""The recipes of cypher/explore, run as they are pasted: with their own example parameters."""

from __future__ import annotations

import re

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import cypher_folder, load_query, parse_query
from movierec.graph.settings import MEASURES

FOLDER = cypher_folder() / "explore"
RECIPES = sorted(path.stem for path in FOLDER.glob("*.cypher"))
LIKES = parse_query(
    "tests/likes",
    "// Likes.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (m:Movie) WHERE m.likeCount > 0 RETURN m.title AS title, m.likeCount AS likeCount ORDER BY title;",
)
LINKED = parse_query(
    "tests/linked",
    "// Linked.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (:Movie {title: 'Toy Story (1995)'})-[:CO_LIKED]-(m:Movie) RETURN m.title AS title ORDER BY title;",
)


def test_there_are_many_recipes() -> None:
    assert len(RECIPES) >= 15


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_gives_rows_as_it_is_pasted(keras_database: Database, name: str) -> None:
    # Browser shows the rows of a single statement only; with :param lines it would be several.
    query = load_query(f"explore/{name}")
    assert query.parameters == ()
    assert 1 <= len(keras_database.read(query)) <= 1000


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_says_what_to_look_for(name: str) -> None:
    title, look, *_ = load_query(f"explore/{name}").source.splitlines()
    assert title.startswith("// ")
    assert look.startswith("// Look for: ")
    assert look.endswith(".")


def test_recipes_are_all_on_the_page_about_browser() -> None:
    page = (cypher_folder().parent / "docs" / "browser.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == RECIPES


def test_recipes_do_not_write() -> None:
    for name in RECIPES:
        assert not re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", load_query(f"explore/{name}").text), name


def test_neighbours_are_those_of_the_edges(keras_database: Database) -> None:
    run = keras_database.read(load_query("runs/last_done"), stage="derive")[0]["run"]
    likes = {row["title"]: row["likeCount"] for row in keras_database.read(LIKES)}
    for row in keras_database.read(load_query("explore/neighbours")):
        expected = row["likedBoth"] * run["users"] / (likes["Matrix, The (1999)"] * likes[row["title"]])
        assert row["lift"] == pytest.approx(expected, abs=0.005)


def test_near_but_not_linked_is_not_linked(keras_database: Database) -> None:
    near = [row["title"] for row in keras_database.read(load_query("explore/near_but_not_linked"))]
    linked = {row["title"] for row in keras_database.read(LINKED)}
    assert len(linked) > 10
    assert not linked & set(near)


def test_grass_gives_every_label_and_type_of_the_recipes_a_caption() -> None:
    grass = (FOLDER / "movierec.grass").read_text()
    for what in ("node.Movie", "node.User", "relationship.CO_LIKED", "relationship.RATED"):
        assert re.search(rf"^{re.escape(what)} {{[^}}]*caption: ", grass, flags=re.MULTILINE), what
    assert grass.count("{") == grass.count("}")


def test_measures_are_weighed_by_one_text_in_all_queries() -> None:
    """The variants of derive/co_liked hold the same formulas, and those of docs/measures.md."""
    blocks = set()
    for name in ("co_liked", "co_liked_decayed", "co_liked_of_movies", "co_liked_of_movies_decayed"):
        text = load_query(f"derive/{name}").source
        blocks.add(re.sub(r"\n\s+", "\n", text[text.index("CASE $measure") : text.index("END AS weight")]))
    (block,) = blocks
    assert re.findall(r"^WHEN '(\w+)' THEN", block, flags=re.MULTILINE) == [
        "xy_pmi",
        *(measure for measure in MEASURES if measure != "xy_pmi"),
    ]
    documented = (cypher_folder().parent / "docs" / "measures.md").read_text()
    assert [measure for measure in MEASURES if f"`{measure}`" not in documented] == []
