"""Drawn reasons: what the drawing holds, and what its page says of titles that are markup."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.drawings import draw_reasons, write_reasons
from movierec.errors import BadRequest, MissingExtra
from movierec.recommendation.results import Reason, Recommendation
from tests.conftest import Answer

REASONS = (
    Reason(movie_id=1214, title="Alien (1979)", count=1041, lift=3.24, share=0.4, followed=7.5),
    Reason(movie_id="b", title="</script><script>alert(1)</script>", count=8, lift=1.0, share=0.1),
)
EXPLAINED = Recommendation(
    rank=2,
    movie_id=1200,
    title="Aliens (1986)",
    year=1986,
    genres=("Action",),
    like_count=90,
    score=2.5,
    profile_score=1.0,
    graph_score=1.5,
    because=REASONS,
)


def test_movie_is_linked_with_each_like_that_contributes_to_its_score() -> None:
    drawn = draw_reasons(EXPLAINED)
    movie, *likes = drawn.nodes
    assert [node.caption for node in drawn.nodes] == [EXPLAINED.title, *(reason.title for reason in REASONS)]
    assert [(link.source, link.target) for link in drawn.relationships] == [(like.id, movie.id) for like in likes]
    assert drawn.relationships[0].caption == "1,041 liked both (3.2 x)"
    assert [node.size for node in drawn.nodes] == [36.0, 34.0, 25.0], "by their shares"
    alone = draw_reasons(replace(EXPLAINED, because=()))
    assert (len(alone.nodes), alone.relationships) == (1, [])


def test_page_holds_titles_as_data_and_asks_no_other_server(tmp_path: Path) -> None:
    write_reasons(EXPLAINED, tmp_path / "aliens.html")
    page = (tmp_path / "aliens.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="neo4j-viz-data">(.*?)</script>', page, re.DOTALL)
    assert REASONS[1].title in {node["caption"] for node in json.loads(data)["nodes"]}
    assert "<script>alert" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_page_that_cannot_be_written_and_a_missing_library_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadRequest, match="Cannot write"):
        write_reasons(EXPLAINED, tmp_path / "none" / "aliens.html")
    monkeypatch.setattr("movierec.drawings.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"movierec\[notebook\]"):
        draw_reasons(EXPLAINED)


@pytest.mark.neo4j
def test_command_draws_what_it_explains(
    connected: Callable[..., Answer], small_database: Database, tmp_path: Path
) -> None:
    page = tmp_path / "reasons.html"
    listed = connected("recommend", "--user", 1, "-k", 1, "--format", "json")
    assert listed.exit_code == 0, listed.err
    (best,) = json.loads(listed.out)
    answer = connected("explain", best["movieId"], "--user", 1, "--html", page)
    assert answer.exit_code == 0, answer.err
    assert answer.out.strip() == str(page)
    assert json.dumps(best["title"])[1:-1] in page.read_text(encoding="utf-8")
