"""The pages and the API over HTTP, on a real database."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
import requests

from movierec.database.connection import Database
from movierec.database.query_files import parse_query
from movierec.evaluation.run import evaluate
from movierec.graph.settings import DeriveSettings
from movierec.recommendation.in_database import explain, recommend, similar_movies
from movierec.recommendation.request import RecommendationRequest
from movierec.web.answers import Answers
from movierec.web.guard import HEADERS, MOST_QUERY
from movierec.web.openapi import PATHS
from movierec.web.serve import database_for_pages
from tests.servers import SMALL_TRAIN, TestServer
from tests.web.site import Served, served

NAMESPACE = "http://www.w3.org/2000/svg"  # names a language; nothing is fetched from there
RENAME = parse_query(
    "tests/rename",
    "// T.\n// Parameters: title.\n// Returns: n.\n"
    "MATCH (m:Movie {movieId: 3}) SET m.title = $title RETURN 1 AS n;",
)
ENDLESS = parse_query(
    "tests/endless",
    "// T.\n// Parameters: none.\n// Returns: n.\n"
    "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a * b AS n WHERE n < 0 RETURN count(n) AS n;",
)
CASES: dict[str, dict[str, Any]] = {
    "/": {},
    "/find": {"q": "the"},
    "/movie": {"movie": "3"},
    "/recommend": {"then": ["3", "17"], "dislikes": "8"},
    "/explain": {"movie": "5", "then": ["3", "17"]},
    "/model": {},
    "/runs": {},
}


@pytest.fixture
def site(neo4j_server: TestServer, small_database: Database) -> Iterator[Served]:
    with served(neo4j_server.settings) as site:
        yield site


def twin(path: str) -> str:
    return "/start.json" if path == "/" else f"{path}.json"


def test_every_page_answers_without_javascript_and_has_a_twin_as_described(site: Served) -> None:
    described = site.json("/openapi.json")
    for path, asked in CASES.items():
        page = site.get(path, **asked)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8"), path
        assert page.text.count("<h1>") == 1
        record = site.json(twin(path), **asked)
        content = described["paths"][twin(path)]["get"]["responses"]["200"]["content"]["application/json"]
        jsonschema.validate(record, content["schema"] | {"components": described["components"]})
    assert set(described["paths"]) == set(PATHS)


def test_answers_are_those_of_the_command_line(site: Served, small_database: Database) -> None:
    for sequential in ("on", "off"):
        request = RecommendationRequest(1, likes=(3,), then=(17,), k=7, sequential=sequential == "on")
        expected = recommend(small_database, request)
        found = site.json("/recommend.json", user=1, likes=3, then=17, k=7, sequential=sequential)
        assert [row["movieId"] for row in found["rows"]] == [row.movie_id for row in expected]
        assert [row["score"] for row in found["rows"]] == pytest.approx([row.score for row in expected], rel=1e-5)
        assert [len(row["because"]) for row in found["rows"]] == [len(row.because) for row in expected]
        assert found["sequential"] == (sequential == "on")
        why = site.json(
            "/explain.json", movie=expected[2].movie_id, user=1, likes=3, then=17, sequential=sequential
        )
        assert why["explained"]["rank"] == explain(small_database, request, expected[2].movie_id).rank
    movie = site.json("/movie.json", movie=3, k=5)
    assert [row["movieId"] for row in movie["similar"]] == [
        row.movie_id for row in similar_movies(small_database, 3, 5)
    ]
    assert sum(one["ratings"] for one in movie["byStars"]) == movie["movie"]["ratings"]
    assert sum(one["ratings"] for one in movie["byYear"]) == movie["movie"]["ratings"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/recommend.json", {"user": 1, "year": "1960.."}),
        ("/recommend.json", {"then": ["3", "17"], "k": 5, "sequential": "off"}),
        ("/movie.json", {"movie": 3}),
    ],
)
def test_pasted_cypher_gives_the_same_list(site: Served, path: str, asked: dict[str, Any]) -> None:
    found = site.json(path, **asked)
    query = parse_query("tests/pasted", found["statement"]["cypher"])
    rows = site.database.read(query)
    listed = found["rows"] if "rows" in found else found["similar"]
    assert listed
    assert [row["movieId"] for row in rows] == [row["movieId"] for row in listed]


def test_list_goes_on_where_the_last_one_ended(site: Served) -> None:
    whole = [row["movieId"] for row in site.json("/recommend.json", user=1, k=12)["rows"]]
    address = "/recommend.json?user=1&k=5"
    rows: list[int] = []
    for _ in range(3):
        found = site.json(address)
        rows += [row["movieId"] for row in found["rows"]]
        address = found["next"]
    assert rows[:12] == whole
    assert [row["rank"] for row in site.json("/recommend.json", user=1, k=3, offset=4)["rows"]] == [5, 6, 7]
    runs = site.json("/runs.json")
    assert (len(runs["runs"]), runs["next"]) == (3, None)


@pytest.mark.parametrize(
    ("path", "status", "code", "said"),
    [
        ("/movie.json?movie=no+such+film", 404, "NotFound", "No movie"),
        ("/movie.json", 400, "BadRequest", "movie is missing"),
        ("/recommend.json", 400, "BadRequest", "nobody to recommend to"),
        ("/recommend.json?user=999", 404, "NotFound", "No user 999"),
        ("/recommend.json?user=1&k=0", 400, "BadRequest", "k is '0'; expected a whole number from 1 to 200"),
        ("/recommend.json?user=1&k=%D9%A3", 400, "BadRequest", "k is "),
        ("/recommend.json?user=1&offset=" + 5_000 * "9", 400, "BadRequest", "offset is "),
        ("/recommend.json?user=1&year=99999999999999999999", 400, "BadRequest", "not a range"),
        ("/recommend.json?user=1&colour=red", 400, "BadRequest", "No parameter 'colour'"),
        ("/movie.json?movie=3&genre=Drama", 400, "BadRequest", "expected one of movie, k, popularity"),
        ("/find.json?q=the&k=3", 400, "BadRequest", "No parameter 'k'; expected one of q"),
        ("/model.json?user=1", 400, "BadRequest", "No parameter 'user'; expected none"),
        ("/recommend.json?user=1&user=2", 400, "BadRequest", "user is there 2 times"),
        ("/recommend.json?user=1&genre=Westrn", 400, "BadRequest", "No movie is of genre"),
        ("/recommend.json?user=1&year=soon", 400, "BadRequest", "not a range"),
        ("/recommend.json?user=1&popularity=nan", 400, "BadRequest", "popularity is 'nan'"),
        ("/recommend.json?user=1&sequential=perhaps", 400, "BadRequest", "expected on, off or auto"),
        ("/recommend.json?user=1&diversity=0.3&offset=5", 400, "BadRequest", "offset is there with diversity"),
        ("/recommend.json?then=3&dislikes=3", 400, "BadRequest", "both liked and disliked"),
        ("/nothing.json", 404, "NOT_FOUND", "no page /nothing.json"),
    ],
)
def test_problem_has_the_shape_of_the_command_line(
    site: Served, path: str, status: int, code: str, said: str
) -> None:
    response = site.get(path)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert said in error["message"]
    assert set(error) == {"code", "message", "exitCode", "candidates"}
    page = site.get(path.replace(".json", ""))
    if path != "/recommend.json":  # the page is then the form alone
        assert page.status_code == status
        assert said in unescape(page.text).replace("/nothing", "/nothing.json")


def test_near_titles_are_links(site: Served, small_database: Database) -> None:
    title = site.json("/movie.json", movie=3)["movie"]["title"]
    typed = title.replace("e", "ee", 1)
    candidates = site.get("/movie.json", movie=typed).json()["error"]["candidates"]
    assert title in candidates
    assert f'href="/movie?{urlencode({"movie": title})}"' in site.get("/movie", movie=typed).text


def test_form_keeps_what_was_entered_and_offers_what_may_be_meant(site: Served) -> None:
    title = site.json("/movie.json", movie=3)["movie"]["title"]
    page = site.get("/recommend", then=["17", title.replace("e", "ee", 1)], min_ratings=2)
    assert page.status_code == 404
    assert 'name="min_ratings" type="number" min="0" value="2"' in page.text
    corrected = urlencode({"then": ["17", title], "min_ratings": 2}, doseq=True)
    assert f'href="/recommend?{corrected}"' in unescape(page.text)
    assert site.get(f"/recommend?{corrected}").status_code == 200


def test_movie_of_this_title_or_id_is_suggested_before_those_that_more_people_like(site: Served) -> None:
    for typed in ("movie 3", "3"):
        assert site.json("/titles.json", q=typed)["titles"][0]["movieId"] == 3
    assert site.json("/find.json", q="x" * 5_000)["titles"] == []


def test_model_without_an_order_is_not_asked_what_comes_next(
    neo4j_server: TestServer, keras_database: Database
) -> None:
    with served(neo4j_server.settings) as site:
        assert "the model knows no order" in site.get("/recommend", user=1).text


def test_only_loopback_names_are_answered_and_only_gets(site: Served) -> None:
    for host, status in (("evil.example", 400), ("127.0.0.1", 200), ("localhost:1234", 200)):
        assert site.get("/", headers={"Host": host}).status_code == status
    for method in ("POST", "PUT", "DELETE"):
        assert requests.request(method, site.address + "/", timeout=10).status_code == 405
    assert requests.head(site.address + "/", timeout=10).status_code == 200


def test_every_answer_keeps_to_itself_and_names_no_other_host(site: Served) -> None:
    paths = [f"{path}?{urlencode(asked, doseq=True)}" for path, asked in CASES.items()]
    paths += [twin(path) + f"?{urlencode(asked, doseq=True)}" for path, asked in CASES.items()]
    paths += ["/openapi.json", "/nothing", "/movie?movie=zzz", "/static/nothing.css"]
    html = site.get("/").text
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
    assert len(set(assets)) == 3
    for path in [*paths, *assets]:
        response = site.get(unescape(path))
        text = response.text.replace(NAMESPACE, "")
        assert "://" not in text, path
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "Server" not in response.headers
        assert " style=" not in text
        assert "<style" not in text
    assert all("immutable" in site.get(path).headers["Cache-Control"] for path in assets)
    assert site.get("/static/app.css", v="other").headers["Cache-Control"] == "no-cache"


def test_links_out_go_by_an_address_of_ours(neo4j_server: TestServer, small_database: Database) -> None:
    with served(neo4j_server.settings, browser="http://127.0.0.1:7474/browser/") as site:
        assert site.get("/browser").headers["Location"] == "http://127.0.0.1:7474/browser/"
        assert site.get("/out/imdb/133093").headers["Location"] == "https://www.imdb.com/title/tt0133093/"
        assert site.get("/out/tmdb/603").headers["Location"] == "https://www.themoviedb.org/movie/603"
        for wrong in ("/out/imdb/x", "/out/elsewhere/1", "/out/imdb/%2e%2e"):
            assert site.get(wrong).status_code == 404
        assert 'href="/browser"' in site.get("/movie", movie=3).text
    with served(neo4j_server.settings) as site:
        assert site.get("/browser").status_code == 404
        assert 'href="/browser"' not in site.get("/movie", movie=3).text


def test_what_was_sent_is_not_sent_again(site: Served) -> None:
    for path in ("/movie?movie=3", "/movie.json?movie=3", "/recommend.json?user=1"):
        first = site.get(path)
        again = site.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert site.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_is_too_long_or_too_much_is_refused(site: Served) -> None:
    response = site.get("/find", q="x" * MOST_QUERY)
    assert (response.status_code, response.json()["error"]["code"]) == (414, "URI_TOO_LONG")
    response = site.get("/recommend.json", likes=[str(i) for i in range(201)])
    assert "expected at most 200" in response.json()["error"]["message"]
    with requests.Session() as session:
        statuses = [session.get(site.address + "/static/app.css", timeout=10).status_code for _ in range(1_500)]
    assert set(statuses) == {200, 429}, "more than 200 a second, for longer than a moment"


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script> & \"quotes\" 'and' `more` (1999)",
        "\u202egnihtyrevE\u202c \u2067עברית\u2069 (1999)",
        "{{ 7 * 7 }} {% raw %} ${x} \\u0041 (1999)",
        "long " * 99 + "(1999)",
    ],
    ids=["markup", "right-to-left", "templates", "long"],
)
@pytest.mark.one_version
def test_titles_do_no_harm(neo4j_server: TestServer, changed_small_database: Database, title: str) -> None:
    changed_small_database.write(RENAME, title=title)
    with served(neo4j_server.settings) as site:
        assert site.json("/movie.json", movie=3)["movie"]["title"] == title
        for path, asked in CASES.items():
            text = site.get(path, **asked).text
            assert "<script>alert" not in text
            assert "49 " not in text
        page = site.get("/movie", movie=3).text
        assert f"<bdi>{title}</bdi>" in unescape(page)


def test_titles_are_suggested_while_they_are_typed(neo4j_server: TestServer, ordered_database: Database) -> None:
    with served(neo4j_server.settings) as site:
        for typed, first in (
            ("matr", "Matrix, The (1999)"),
            ("the matrix", "Matrix, The (1999)"),
            ("MATRIX, the", "Matrix, The (1999)"),
            ("matirx", "Matrix, The (1999)"),
            ("leon prof", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
            ("toy story 2", "Toy Story 2 (1999)"),
            ("empire str", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ):
            assert site.json("/titles.json", q=typed)["titles"][0]["title"] == first, typed
        for nothing in ("", "m", "  ", "(((", "zzzzqqqq", '+-&&||!(){}[]^"~*?:\\/', "AND OR NOT"):
            assert isinstance(site.json("/titles.json", q=nothing)["titles"], list)
        liked = [one["likeCount"] for one in site.json("/titles.json", q="star")["titles"]]
        assert liked == sorted(liked, reverse=True)


def test_database_that_holds_nothing_yet_is_no_mistake(neo4j_server: TestServer, empty_database: Database) -> None:
    with served(neo4j_server.settings) as site:
        assert "There is no model yet" in site.get("/").text
        assert site.json("/titles.json", q="matrix")["titles"] == []
        for path, status in (("/model.json", 409), ("/recommend.json?user=1", 409), ("/movie.json?movie=1", 404)):
            assert site.get(path).status_code == status, path
        assert site.json("/runs.json") == {"runs": [], "offset": 0, "next": None}


def test_recorded_evaluation_is_shown_with_the_model(
    neo4j_server: TestServer, changed_small_database: Database, tmp_path: Path
) -> None:
    with served(neo4j_server.settings) as site:
        assert site.json("/model.json")["evaluation"] is None
        assert "movierec evaluate --record" in site.get("/model").text
        report = evaluate(
            changed_small_database,
            {"MOVIEREC_HOME": str(tmp_path)},
            derive=DeriveSettings(sequential="on"),
            train=SMALL_TRAIN,
            in_place=True,
            record=True,
        )
        shown = site.json("/model.json")["evaluation"]
        assert (shown["status"], shown["protocol"]) == ("done", report.protocol)
        values = dict(zip(shown["methods"], shown["ndcgs"], strict=True))
        assert values == {name: metrics["ndcg@10"] for name, metrics in report.methods.items()}
        assert shown["ndcgs"] == sorted(shown["ndcgs"], reverse=True)
        for name, low, high in zip(shown["methods"], shown["lowestNdcgs"], shown["highestNdcgs"], strict=True):
            assert (low, high) == report.intervals[name]
        page = site.get("/model").text
        assert f"{values['movierec']:.4f}" in page
        assert "95 % interval" in page
        assert site.json("/runs.json")["runs"][0]["runId"] == shown["runId"]


def test_query_that_takes_too_long_is_ended(
    neo4j_server: TestServer, small_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movierec.web.serve.QUERY_SECONDS", 0.5)
    monkeypatch.setattr(Answers, "start", lambda answers: answers.database.read(ENDLESS))
    with served(neo4j_server.settings) as site:
        response = site.get("/start.json")
        assert (response.status_code, response.json()["error"]["code"]) == (504, "DatabaseFailed")
        assert site.get("/runs").status_code == 200, "the others are answered"


def test_description_is_json_that_names_every_parameter(site: Served) -> None:
    described = json.loads(site.get("/openapi.json").text)
    assert described["openapi"].startswith("3.1")
    for path, one in described["paths"].items():
        for parameter in one["get"]["parameters"]:
            assert parameter["description"].endswith("."), (path, parameter)


@pytest.mark.parametrize(
    ("asked", "removed", "left"),
    [
        ("/recommend?likes=17&likes=3", "17", ["3"]),
        ("/recommend?then=1&dislikes=17&dislikes=3", "3", ["1", "17"]),
        ("/recommend?then=1&then=Movie 1 (1951)&then=17", "17", ["1"]),
    ],
)
def test_like_is_removed_and_no_other(site: Served, asked: str, removed: str, left: list[str]) -> None:
    titles = {movie: site.json("/movie.json", movie=movie)["movie"]["title"] for movie in ("1", "3", "17")}
    page = site.get(asked.replace("Movie 1 (1951)", titles["1"])).text
    (address,) = re.findall(rf'href="([^"]+)" aria-label="Remove {re.escape(titles[removed])}"', page)
    after = site.json(unescape(address).replace("/recommend", "/recommend.json"))
    named = [str(one["movieId"]) for name in ("likes", "then", "dislikes") for one in after[name]]
    assert named == left


def test_list_that_ends_says_so(site: Served) -> None:
    whole = site.json("/recommend.json", user=1, k=200)
    assert whole["next"] is None
    n = len(whole["rows"])
    assert site.json("/recommend.json", user=1, k=n)["next"] is None
    assert site.json("/recommend.json", user=1, k=n - 1)["next"] is not None


def test_explained_rank_is_that_among_all_movies(site: Served) -> None:
    plain = site.json("/explain.json", movie=5, user=1)
    filtered = site.json("/explain.json", movie=5, user=1, year="2020..", min_ratings=9)
    assert plain["explained"]["rank"] == filtered["explained"]["rank"]


def test_mistake_of_ours_is_said_with_all_headers(
    neo4j_server: TestServer, small_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(answers: Answers) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Answers, "start", mistaken)
    with served(neo4j_server.settings) as site:
        for path in ("/", "/start.json"):
            response = site.get(path)
            assert response.status_code == 500
            assert "this is a mistake in movierec" in response.text
            assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_database_that_moved_is_found_and_one_that_is_away_stays_the_one_asked(
    neo4j_server: TestServer, small_database: Database
) -> None:
    right = neo4j_server.settings
    with database_for_pages(right) as database:
        moved = right.uri.replace("127.0.0.1", "localhost")
        places = iter([replace(right, uri="bolt://127.0.0.1:1"), replace(right, uri=moved)])
        answers = Answers(database, lambda: next(places))
        answers.reconnect()
        assert (database.settings, answers.start().counts["users"]) == (right, 60), "nothing answers there"
        answers.reconnect()
        assert "localhost" in database.settings.uri
        assert answers.start().counts["users"] == 60
