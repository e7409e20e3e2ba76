"""What stands before every answer: limits of size and rate, and the headers that keep a page to itself."""

from __future__ import annotations

import json
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "Guard"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MOST_QUERY = 8_000  # bytes of an address's query
MOST_AT_ONCE = 100  # answers that are being made
RATE, BURST = 200.0, 400.0  # requests a second, and how many may come at once


class Guard:
    """ASGI middleware: refuses what is too long or too much, and adds HEADERS to every answer.

    All of it runs in one thread, that of the event loop.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._at_work, self._tokens, self._refilled = 0, BURST, time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        if len(scope["query_string"]) > MOST_QUERY:
            message = (
                f"The address has {len(scope['query_string'])} bytes of query; expected at most {MOST_QUERY}."
            )
            await _refuse(with_headers, 414, "URI_TOO_LONG", message)
            return
        if not self._admits():
            await _refuse(with_headers, 429, "TOO_MANY_REQUESTS", "Too many requests; try again in a second.")
            return
        if self._at_work >= MOST_AT_ONCE:
            await _refuse(with_headers, 503, "BUSY", "Too many answers are being made; try again in a second.")
            return
        self._at_work += 1
        try:
            await self._app(scope, receive, with_headers)
        finally:
            self._at_work -= 1

    def _admits(self) -> bool:
        """A token bucket."""
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + RATE * (now - self._refilled))
        self._refilled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "exitCode": 1, "candidates": []}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status != 414:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
