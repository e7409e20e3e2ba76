"""How long it takes to find a movie by its title among a million, compared with difflib over all titles.

    python -m benchmarks.titles

The titles are those of ml-latest-small and random ones of their words, in MovieLens' form. "all titles" is what a
program does without an index: read every title once, and compare each.
"""

from __future__ import annotations

import csv
import difflib
import logging
import os
import random
import statistics
from functools import partial

from benchmarks.common import MOVIELENS, query, table, timed
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import NotFound
from movierec.evaluation.scratch import scratch_database
from movierec.lookup.movies import find_movie

N_MOVIES = 1_000_000
BATCH = 20_000
ROUNDS = 9
TYPED = {
    "as it is stored": "Matrix, The (1999)",
    "without accents, by another name": "Leon: The Professional",
    "without article and year": "fabuleux destin d'amelie poulain",
    "two words of it": "towers lord rings",
    "misspelt": "Pulp Fictoin (1994)",
}


def main() -> None:
    logging.getLogger("movierec").setLevel(logging.ERROR)  # it says which movie is taken
    with scratch_database(dict(os.environ)) as (database, _home):
        database.run_batches(load_query("schema/constraints"))
        with (MOVIELENS / "movies.csv").open(encoding="utf-8", newline="") as file:
            titles = [row["title"] for row in csv.DictReader(file)]
        titles += made_up(titles, N_MOVIES - len(titles))
        for start in range(0, N_MOVIES, BATCH):
            rows = [
                {"movieId": start + i, "title": title} for i, title in enumerate(titles[start : start + BATCH])
            ]
            database.write(query("create_movies"), rows=rows)
        cells = []
        for name, typed in TYPED.items():
            seconds = []
            for _ in range(ROUNDS):
                seconds.append(timed(partial(answer, database, typed))[1])
            cells.append((name, f"{typed!r}", f"{1000 * statistics.median(seconds):,.0f} ms"))
        _, took = timed(lambda: difflib.get_close_matches(TYPED["misspelt"], titles, cutoff=0.7))
        cells.append(("misspelt, over all titles", f"{TYPED['misspelt']!r}", f"{1000 * took:,.0f} ms"))
        print(table(("given", "text", "median"), cells))


def answer(database: Database, typed: str) -> object:
    """What a command does with a text, a refusal included."""
    try:
        return find_movie(database, typed)
    except NotFound as error:
        return error.candidates


def made_up(titles: list[str], n: int) -> list[str]:
    """Titles of two to five words of real ones, with years, from one seed."""
    generator = random.Random(1)
    words = [word for title in titles for word in title.split() if word.isalpha()]
    return [
        f"{' '.join(generator.choices(words, k=generator.randint(2, 5)))} ({generator.randint(1930, 2020)})"
        for _ in range(n)
    ]


if __name__ == "__main__":
    main()
