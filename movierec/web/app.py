"""The pages and the API as an ASGI application (Starlette). `serve` runs it.

Every page is a GET, works without JavaScript, and has a `.json` twin with the same answer; the address is all the
state there is. Nothing is written. What goes wrong has one shape, that of the command line, and a status.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from movierec.errors import BadRequest, DatabaseFailed, MovieRecError, NoConnection, NotFound, StageMissing
from movierec.recommendation.reasons import reason_in_words
from movierec.records import to_record
from movierec.web.answers import Answers
from movierec.web.drawing import evidence, neighbourhood, shortened
from movierec.web.guard import Guard
from movierec.web.openapi import PATHS, openapi
from movierec.web.parameters import REQUEST, Asked, asked_from
from movierec.web.results import Explanation, Problem, Recommendations

__all__ = ["HOSTS", "Site", "create_app"]

_log = logging.getLogger(__name__)

HOSTS = ("127.0.0.1", "localhost")
STATIC = {"app.css": "text/css", "app.js": "text/javascript", "icon.svg": "image/svg+xml"}
# path -> name, of the handler in _Pages, of the template, and of the twin as JSON
PAGES = {
    "/": "start",
    **{f"/{name}": name for name in ("find", "movie", "recommend", "explain", "model", "runs")},
}
TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
MOST_SUGGESTED = 20
MOVIE_SITES = {
    "imdb": "https://www.imdb.com/title/tt{id:07d}/",
    "tmdb": "https://www.themoviedb.org/movie/{id}",
}


@dataclass(frozen=True)
class Site:
    """What the application is about.

    answers   from the database
    browser   address of its Neo4j Browser; None where that is not known
    """

    answers: Answers
    browser: Callable[[], str | None]


Handler = Callable[["_Call"], Any]


def create_app(site: Site) -> ASGIApp:
    """The application."""
    pages = _Pages(site)
    routes = []
    for path, name in PAGES.items():
        handler = getattr(pages, name)
        routes.append(Route(path, pages.as_page(handler, f"{name}.html")))
        routes.append(Route(f"/{name}.json", pages.as_json(handler)))
    routes += [
        Route("/titles.json", pages.as_json(pages.titles)),
        Route("/openapi.json", _openapi),
        Route("/browser", pages.to_browser),
        Route("/out/{where}/{number}", _out),
        Route("/static/{name}", _static),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False)],
        exception_handlers={HTTPException: pages.http_problem, Exception: pages.problem},
    )
    return Guard(app)  # around Starlette's own answer to a mistake of ours, too


class _Call:
    """One request, as a handler sees it: what is asked, and the answers."""

    def __init__(self, request: Request, answers: Answers) -> None:
        self.request, self.answers = request, answers

    def asked(self) -> Asked:
        """By the parameters that the description has for this path."""
        path = self.request.url.path
        _, _, names = PATHS[f"/{PAGES[path]}.json" if path in PAGES else path]
        return asked_from(self.request.query_params.multi_items(), names)


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._templates = _templates()

    # What the addresses answer

    def start(self, call: _Call) -> Any:
        call.asked()
        return call.answers.start()

    def find(self, call: _Call) -> Any:
        return call.answers.titles(call.asked().others.get("q", ""), MOST_SUGGESTED)

    def titles(self, call: _Call) -> Any:
        asked = call.asked()
        return call.answers.titles(asked.others.get("q", ""), min(asked.k, MOST_SUGGESTED))

    def movie(self, call: _Call) -> Any:
        asked = call.asked()
        return call.answers.movie(_required(asked, "movie"), asked.k, asked.popularity)

    def recommend(self, call: _Call) -> Any:
        return call.answers.recommendations(call.asked())

    def explain(self, call: _Call) -> Any:
        asked = call.asked()
        return call.answers.explanation(asked, _required(asked, "movie"))

    def model(self, call: _Call) -> Any:
        call.asked()
        return call.answers.model()

    def runs(self, call: _Call) -> Any:
        return call.answers.runs(call.asked())

    # As pages and as JSON

    def as_page(self, handler: Handler, template: str) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            try:
                context: dict[str, Any] = {"answer": handler(_Call(request, self._site.answers))}
                status, shown = HTTPStatus.OK, template
            except MovieRecError as error:
                status, shown, context = _status(error), "problem.html", {"problem": self._of_error(error)}
                if template == "recommend.html" and isinstance(error, NotFound | BadRequest):
                    shown, context = template, {"answer": None, **context}  # what was entered stays in the form
                    if not request.query_params:  # nobody is named yet
                        status, context = HTTPStatus.OK, {"answer": None}
            return self._rendered(request, shown, context, status)

        return page

    def as_json(self, handler: Handler) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                record, status = to_record(handler(_Call(request, self._site.answers))), HTTPStatus.OK
            except MovieRecError as error:
                record, status = {"error": to_record(self._of_error(error))}, _status(error)
            return _json(request, record, status)

        return answer

    def http_problem(self, request: Request, error: Exception) -> Response:
        """An address that is none, or a method that is not GET."""
        assert isinstance(error, HTTPException)
        message = f"There is no page {request.url.path}." if error.status_code == 404 else str(error.detail)
        problem = Problem(code=HTTPStatus(error.status_code).name, message=message, exit_code=2)
        return self._said(request, problem, error.status_code)

    def problem(self, request: Request, error: Exception) -> Response:
        """A mistake of ours."""
        _log.error("%s failed", request.url.path, exc_info=error)
        message = f"{type(error).__name__}: this is a mistake in movierec; the log of `movierec ui` has more."
        return self._said(request, Problem(code="Internal", message=message, exit_code=1), 500)

    def to_browser(self, request: Request) -> Response:
        """On to Neo4j Browser, which is at another address."""
        address = self._site.browser()
        if address is None:
            problem = Problem(code="NotFound", message="Neo4j Browser's address is not known.", exit_code=2)
            return self._said(request, problem, 404)
        return RedirectResponse(address, 303)

    def _said(self, request: Request, problem: Problem, status: int) -> Response:
        if request.url.path.endswith(".json"):
            return _json(request, {"error": to_record(problem)}, status)
        return self._rendered(request, "problem.html", {"problem": problem}, status)

    def _of_error(self, error: MovieRecError) -> Problem:
        if isinstance(error, NoConnection):
            self._site.answers.reconnect()
        candidates = error.candidates if isinstance(error, NotFound) else ()
        return Problem(
            code=type(error).__name__, message=str(error), exit_code=error.exit_code, candidates=candidates
        )

    def _rendered(self, request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
        with suppress(MovieRecError):
            asked = asked_from(request.query_params.multi_items(), (*REQUEST, "q", "movie"))
            answer = context.get("answer")
            if isinstance(answer, Recommendations | Explanation):
                names = ("likes", "then", "dislikes")
                asked = asked.named(**{name: [one.movie_id for one in getattr(answer, name)] for name in names})
            context = {"asked": asked, **context}
        genres: tuple[str, ...] = ()
        orders = True  # may the form ask what comes next?
        if template == "recommend.html":
            with suppress(MovieRecError):
                genres = self._site.answers.genres()
                orders = self._site.answers.is_sequential()
        html = self._templates.get_template(template).render(
            {
                "asked": Asked(),
                "problem": None,
                "genres": genres,
                "orders": orders,
                "corrections": _corrections,
                "path": request.url.path,
                "here": _address(request.url.path, request.url.query),
                "twin": _twin(request),
                "has_browser": self._site.browser() is not None,
                **context,
            }
        )
        return _with_tag(request, Response(html, status, media_type="text/html"))


def _corrections(asked: Asked, problem: Problem) -> list[tuple[str, Asked]]:
    """For each candidate what is asked with it, in the place of the text that was not found."""
    for name in ("then", "likes", "dislikes"):
        for text in getattr(asked, name):
            if repr(text) in problem.message:
                return [(one, asked.corrected(name, text, one)) for one in problem.candidates]
    return []


def _required(asked: Asked, name: str) -> str:
    if name not in asked.others:
        raise BadRequest(f"{name} is missing; expected a title or an id.")
    return asked.others[name]


def _status(error: MovieRecError) -> HTTPStatus:
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, BadRequest):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, StageMissing):
        return HTTPStatus.CONFLICT
    if isinstance(error, NoConnection):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, DatabaseFailed) and error.code.startswith(TIMED_OUT):
        return HTTPStatus.GATEWAY_TIMEOUT
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _json(request: Request, record: Any, status: int = HTTPStatus.OK) -> Response:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _with_tag(request, Response(text, status, media_type="application/json"))


def _with_tag(request: Request, response: Response) -> Response:
    """With an ETag of its bytes, and not sent again to who has them."""
    if response.status_code != HTTPStatus.OK:
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = "2"
        response.headers["Cache-Control"] = "no-store"
        return response
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return response


def _twin(request: Request) -> str | None:
    """The address of the same answer as JSON; None where there is no such page."""
    name = PAGES.get(request.url.path)
    return None if name is None else _address(f"/{name}.json", request.url.query)


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _openapi(request: Request) -> Response:
    return _json(request, openapi())


def _out(request: Request) -> Response:
    """On to the page of a movie elsewhere; no page of ours names another host."""
    where, number = request.path_params["where"], request.path_params["number"]
    if where not in MOVIE_SITES or not (number.isascii() and number.isdigit() and len(number) < 12):
        raise HTTPException(404)
    return RedirectResponse(MOVIE_SITES[where].format(id=int(number)), 303)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    content, tag = _asset(name)
    is_named = request.query_params.get("v") == tag
    caching = "public, max-age=31536000, immutable" if is_named else "no-cache"
    return Response(content, media_type=STATIC[name], headers={"Cache-Control": caching})


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """A file and the beginning of its hash, by which its address changes whenever it does."""
    content = files("movierec.web").joinpath("static", name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("movierec.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "asset": lambda name: f"/static/{name}?v={_asset(name)[1]}",
        "neighbourhood": neighbourhood,
        "evidence": evidence,
        "version": version("movierec"),
    }
    environment.filters |= {
        "shortened": shortened,
        "reason": reason_in_words,
        "number": lambda n: f"{n:,}",
        "percent": lambda share: f"{share:.0%}",
        "score": lambda value: f"{value:.3f}",
        "stars": lambda value: f"{value:.1f}",
        "day": lambda text: str(text)[:16].replace("T", " "),
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
    }
    return environment
