"""Where movies lie on a map, and what its regions are called. Pure.

The places are those of t-SNE (van der Maaten and Hinton 2008) as openTSNE computes it (Policar and others 2024).
It keeps near what is near, by the cosine of the vectors. How far apart two regions are means nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from movierec.errors import MissingExtra
from movierec.movie_map.movies import Region
from movierec.progress import Progress, silent

__all__ = ["places_of_vectors", "regions"]

PERPLEXITY = 30.0  # about how many neighbours count
ITERATIONS_AT_ONCE = 50
MOVIES_OF_A_REGION = 250
FEWEST, MOST = 3, 40  # regions
OFTEN = 0.15  # of the movies of a region that a genre in its name has at least
TIMES = 1.3  # as often there as everywhere
MOSTLY = 0.5  # of its movies that a decade in its name has


def places_of_vectors(
    vectors: NDArray[np.float32], seed: int, threads: int = 2, progress: Progress = silent
) -> NDArray[np.float32]:
    """(M, 2) places from -1 to 1 of movies with vectors (M, D). Raises MissingExtra without openTSNE."""
    n = len(vectors)
    if n < 5:  # t-SNE needs a neighbour or two
        angles = 2 * np.pi * np.arange(n) / max(n, 1)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    try:
        import openTSNE
    except ImportError as error:
        raise MissingExtra("The map", "map") from error
    with progress("place movies", 750, "iterations") as advance:

        def counted(iteration: int, loss: float, embedding: object) -> bool:
            advance(ITERATIONS_AT_ONCE, f"KL divergence {loss:.2f}")
            return False

        found = openTSNE.TSNE(
            perplexity=min(PERPLEXITY, (n - 1) / 3),
            metric="cosine",
            random_state=seed,
            n_jobs=threads,
            callbacks=counted,
            callbacks_every_iters=ITERATIONS_AT_ONCE,
        ).fit(np.asarray(vectors, np.float64))
    places = np.asarray(found, np.float64)
    lowest, highest = places.min(axis=0), places.max(axis=0)
    middle, size = (lowest + highest) / 2, (highest - lowest).max()
    return np.asarray(2 * (places - middle) / (size if size > 0 else 1.0), np.float32)


def regions(
    places: NDArray[np.float32],
    genres: Sequence[Sequence[str]],
    years: Sequence[int | None],
    titles: Sequence[str],
    like_counts: NDArray[np.int64],
) -> list[Region]:
    """Parts of the map, the largest first, named by the genres that are common there and rare elsewhere and by the
    decade of most of its movies, or by the movie that most like.
    """
    from sklearn.cluster import KMeans

    n = len(places)
    if n < FEWEST:
        return []
    k = int(np.clip(round(n / MOVIES_OF_A_REGION), FEWEST, min(MOST, n)))
    labels = KMeans(n_clusters=k, random_state=0, n_init=4).fit_predict(places)
    everywhere = Counter(genre for one in genres for genre in set(one))
    found = []
    for label in range(k):
        members = np.flatnonzero(labels == label)
        if not len(members):
            continue
        # A region may have holes: its name is written at the movie that is nearest to its middle.
        distances = np.linalg.norm(places[members] - np.median(places[members], axis=0), axis=1)
        middle = places[members[np.argmin(distances)]]
        famous = int(members[np.argmax(like_counts[members])])
        name = _name(members, genres, years, everywhere, n)
        found.append((Region(name=name, x=float(middle[0]), y=float(middle[1]), movies=len(members)), famous))
    found.sort(key=lambda one: (-one[0].movies, one[0].name, titles[one[1]]))
    named: dict[str, Region] = {}
    for region, famous in found:
        if region.name and region.name not in named:
            named[region.name] = region
            continue
        # What is named by nothing, or as another, is named by the movie that most like, where that is.
        x, y = map(float, places[famous])
        named.setdefault(f"around {titles[famous]}", replace(region, name=f"around {titles[famous]}", x=x, y=y))
    return list(named.values())


def _name(
    members: NDArray[np.int64],
    genres: Sequence[Sequence[str]],
    years: Sequence[int | None],
    everywhere: Counter[str],
    n: int,
) -> str:
    counts = Counter(genre for i in members for genre in set(genres[i]))
    lifts = {
        genre: lift
        for genre, count in counts.items()
        if count >= OFTEN * len(members) and (lift := count / len(members) / (everywhere[genre] / n)) >= TIMES
    }
    best = sorted(lifts, key=lambda genre: (-lifts[genre], genre))[:2]
    decades = Counter(year // 10 * 10 for i in members if (year := years[i]) is not None)
    decade, often = max(decades.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    if not best:
        return ""
    return ", ".join(best) + (f" {decade}s" if often >= MOSTLY * len(members) else "")
