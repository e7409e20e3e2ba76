"""The page of the map with many movies, in a headless Chromium: how large it is, and how long a frame takes.

    MOVIEREC_CHROMIUM=/usr/bin/chromium python -m benchmarks.map

60,000 movies at random places, with titles and neighbours as long as real ones. A frame is drawn for every step
of a finger; at 16 ms nothing is seen to lag, at 50 ms it still follows.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.common import publish, table
from movierec.movie_map.movies import MapMovies
from movierec.movie_map.page import map_page

MOVIES = 60_000
GENRES = ("Drama", "Comedy", "Thriller", "Action", "Romance", "Adventure", "Crime", "Horror", "Sci-Fi", "Western")
FRAME = """() => {
  const began = performance.now();
  left += 3;
  paint();
  pen.getImageData(0, 0, 1, 1);  // waits until all is drawn
  return performance.now() - began;
}"""
FIND = """() => {
  const began = performance.now();
  document.getElementById("find").value = "movie 59";
  find();
  return performance.now() - began;
}"""


def many_movies() -> MapMovies:
    generator = np.random.default_rng(1)
    middles = generator.normal(0, 0.4, (200, 2))
    places = middles[generator.integers(0, 200, MOVIES)] + generator.normal(0, 0.05, (MOVIES, 2))
    return MapMovies(
        movie_ids=np.arange(MOVIES),
        titles=[f"The title of movie {i} of so many (1999)" for i in range(MOVIES)],
        years=generator.integers(1930, 2025, MOVIES).tolist(),
        genres=[tuple(generator.choice(GENRES, 2, replace=False)) for _ in range(MOVIES)],
        like_counts=(generator.pareto(1.0, MOVIES) * 5).astype(np.int64),
        places=(places / np.abs(places).max()).astype(np.float32),
        neighbours=generator.integers(0, MOVIES, (MOVIES, 8)).astype(np.int32),
        counts=generator.integers(1, 500, (MOVIES, 8)).astype(np.int32),
        distances=generator.random((MOVIES, 8), np.float32),
    )


def main() -> None:
    page_text = map_page(many_movies(), [], "train-of-random-numbers")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "map.html"
        path.write_text(page_text, encoding="utf-8")
        chromium = playwright.chromium.launch(
            executable_path=os.environ["MOVIEREC_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 860})
        page.goto(path.as_uri())
        found = {}
        for name, before in (("all of it", "showAll()"), ("zoomed in", "zoom(6)")):
            page.evaluate(before)
            frames = [float(page.evaluate(FRAME)) for _ in range(40)]
            found[name] = f"{statistics.median(frames):.0f} ms"
        searched = statistics.median(float(page.evaluate(FIND)) for _ in range(20))
        chromium.close()
    row = [f"{MOVIES:,}", f"{len(page_text.encode()) / 1e6:.1f} MB", *found.values(), f"{searched:.0f} ms"]
    columns = ["movies", "file", *(f"a frame, {name}" for name in found), "a search"]
    publish("map", table(columns, [row]), "ui")


if __name__ == "__main__":
    main()
