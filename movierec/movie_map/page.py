"""A map as one HTML file that needs nothing else: no network, no server."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from movierec.movie_map.movies import MapMovies, Region, shown_genres

__all__ = ["COLOURS", "map_page"]

# Okabe and Ito (2008), told apart with any colour vision; grey is everything else.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#d55e00", "#0072b2", "#cc79a7", "#b8a800")


def map_page(movies: MapMovies, regions: Sequence[Region], run_id: str) -> str:
    """The file's text. Titles may hold anything: they are data to the page, never markup."""
    page = files("movierec.movie_map") / "page"
    style, script = ((page / name).read_text(encoding="utf-8") for name in ("map.css", "map.js"))
    found = {
        "run": run_id,
        "ids": movies.movie_ids.tolist(),
        "titles": list(movies.titles),
        "years": [year or 0 for year in movies.years],
        "genreNames": (names := sorted({genre for one in movies.genres for genre in one})),
        "genres": [sorted(names.index(genre) for genre in set(one)) for one in movies.genres],
        "coloured": shown_genres(movies.genres, len(COLOURS)),
        "colours": list(COLOURS),
        "likes": _packed(movies.like_counts, "<i4"),
        "places": _packed(movies.places, "<f4"),
        "neighbours": _packed(movies.neighbours, "<i4"),
        "counts": _packed(movies.counts, "<i4"),
        "neighboursOfEach": movies.neighbours.shape[1],
        "regions": [[one.name, round(one.x, 4), round(one.y, 4), one.movies] for one in regions],
    }
    # "<" would end the element that holds the data; the two separators end a line in old JavaScript.
    data = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    for one in ("<", "\u2028", "\u2029"):
        data = data.replace(one, f"\\u{ord(one):04x}")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    values = {
        "policy": escape(policy),
        "style": style,
        "script": script,
        "count": f"{len(movies):,}",
        "run": escape(run_id),
        "data": data,
    }
    return re.sub(
        r"\[\[(\w+)\]\]", lambda found: values[found[1]], (page / "map.html").read_text(encoding="utf-8")
    )


def _packed(array: NDArray[np.generic], dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
