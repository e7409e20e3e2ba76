"""A small data set in MovieLens' format, for tests that need some ratings rather than MovieLens' own figures.

60 users, 40 movies, 1,500 ratings with a taste in them: users with odd ids like the movies with odd ids, users
with even ids the others, and one rating in ten is noise. Each user rates 25 movies in a random order, one a
minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

N_USERS, N_MOVIES, RATINGS_PER_USER = 60, 40, 25
N_RATINGS = N_USERS * RATINGS_PER_USER
TITLES = {1: "Matrix, The (1999)", 2: "Lion King, The (1994)"}  # the two that the demo asks for


def write_small_ratings(folder: Path, seed: int = 5) -> Path:
    """`folder` with movies.csv and ratings.csv; the same seed writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    movies = ["movieId,title,genres"]
    for movie in range(1, N_MOVIES + 1):
        title = TITLES.get(movie, f"Movie {movie} ({1950 + movie})")
        movies.append(f'{movie},"{title}",{("Drama", "Action")[movie % 2]}{"|War" if movie % 3 == 0 else ""}')
    generator = np.random.default_rng(seed)
    ratings = ["userId,movieId,rating,timestamp"]
    for user in range(1, N_USERS + 1):
        for minute, movie in enumerate(generator.permutation(N_MOVIES)[:RATINGS_PER_USER] + 1):
            likes = (user + movie) % 2 == 0
            if generator.random() < 0.1:
                likes = not likes
            rating = (4.5 if likes else 2.0) + generator.integers(0, 2) / 2
            ratings.append(f"{user},{movie},{rating},{10**9 + user * 86_400 + minute * 60}")
    for name, lines in (("movies", movies), ("ratings", ratings)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
