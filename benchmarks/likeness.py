"""How like MovieLens the generated ratings are: the same figures of real and of generated ratings.

Beside ml-latest-small everything is computed by the same code. Of ml-25m there are published figures only, those
of its README and of its description by LensKit.

Lists are evaluated as `movierec evaluate` does it, with the newest fifth of everyone's likes held out and the same
code, but without a database. EASE learns of the 10,000 movies with the most likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.common import MOVIELENS, publish, table
from benchmarks.generated_ratings import SIZES, Ratings, Shape
from movierec.arrays import Lists, places_in, positions_in
from movierec.evaluation.baselines import ScoresOfLikes, ease, item_knn, likes_matrix, most_popular
from movierec.evaluation.methods import Method, UserProfiles
from movierec.evaluation.tables import Catalogue, HeldOutCases, evaluate_method
from movierec.graph.settings import SplitSettings
from movierec.recommendation.scoring import LikeHistories

__all__ = ["figures", "generated", "held_out_cases", "likeness", "of_all_likes"]

SEED = 1
LARGER = 1_000_000
SPLIT = SplitSettings()
EASE_MOVIES = 10_000
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
PARTS_OF_USERS = (0.25, 0.5, 1.0)
METHODS = {"most_popular": most_popular, "item_knn": item_knn, "ease": ease}
Figures = dict[str, str]


def likeness() -> None:
    """Print both tables, and put them into docs/scale.md."""
    real = pd.read_csv(MOVIELENS / "ratings.csv")
    columns = {
        "ml-latest-small": figures(real),
        f"{len(real):,} generated": figures(generated(len(real))),
        f"{LARGER:,} generated": figures(generated(LARGER)),
    }
    rows = [[name, *(column[name] for column in columns.values())] for name in columns["ml-latest-small"]]
    texts = [table(["", *columns], rows), table(["", "ml-25m, published", "generated"], beside_ml_25m())]
    publish("likeness", "\n\n".join(texts), "scale")


def generated(n_ratings: int) -> pd.DataFrame:
    """Ratings in MovieLens' columns."""
    blocks = (
        pd.DataFrame({"userId": b.users, "movieId": b.movies, "rating": b.stars, "timestamp": b.timestamps})
        for b in Ratings(Shape.of(n_ratings), SEED)
    )
    return pd.concat(blocks, ignore_index=True)


def figures(ratings: pd.DataFrame) -> Figures:
    """One column of the table, {what: how much}, of ratings in MovieLens' columns."""
    of_user, of_movie = ratings.groupby("userId").size(), ratings.groupby("movieId").size()
    likes = ratings[ratings.rating >= SPLIT.min_rating]
    stars = ratings.rating.value_counts(normalize=True)
    return {
        "ratings; users; rated movies": f"{len(ratings):,}; {len(of_user):,}; {len(of_movie):,}",
        f"ratings of a user, quantiles {_listed(QUANTILES, '{:g}')}": _quantiles(of_user),
        "ratings of a movie, the same quantiles": _quantiles(of_movie),
        "Gini of users; of movies": f"{_gini(of_user.to_numpy()):.3f}; {_gini(of_movie.to_numpy()):.3f}",
        "ratings of the first 1 % of users; of movies": f"{_share_of_first(of_user)}; {_share_of_first(of_movie)}",
        "0.5, 1, ... 5 stars, %": _listed((100 * stars.get(level / 2, 0.0) for level in range(1, 11)), "{:.0f}"),
        "likes": f"{len(likes):,} ({len(likes) / len(ratings):.1%})",
        **_growth(likes),
        **_ratings_by_movie_and_user(ratings, of_movie),
        **_order_and_time(ratings, of_movie),
        **of_all_likes(ratings),
    }


def beside_ml_25m() -> list[list[str]]:
    """Rows of the second table; the generated ratings are not kept."""
    made = Ratings(Shape.of(SIZES[1]), SEED)
    of_movie = np.zeros(made.shape.n_movies + 1, dtype=np.int64)
    n_likes = wedges = 0
    for block in made:
        of_movie += np.bincount(block.movies, minlength=len(of_movie))
        of_user = np.bincount(block.users[block.stars >= SPLIT.min_rating] - block.users[0])
        n_likes += int(of_user.sum())
        wedges += _wedges(of_user)
    rated = of_movie[of_movie > 0]
    return [
        ["ratings", "25,000,095", f"{of_movie.sum():,}"],
        ["users", "162,541", f"{made.shape.n_users:,}"],
        ["movies; with ratings", "62,423; 59,047", f"{made.shape.n_movies:,}; {len(rated):,}"],
        ["Gini of movies", "0.942", f"{_gini(rated):.3f}"],
        ["ratings of a movie, mean; most", "423.39; 81,491", f"{rated.mean():.2f}; {rated.max():,}"],
        ["ratings of a movie, median", "", f"{np.median(rated):.0f}"],
        [
            "ratings of a user, least; mean; most",
            "20; 153.81; 32,202",
            f"{made.activity.min()}; {made.activity.mean():.2f}; {made.activity.max():,}",
        ],
        ["likes", "", f"{n_likes:,} ({n_likes / of_movie.sum():.1%})"],
        ["wedges", "", f"{wedges:,}"],
    ]


def _growth(likes: pd.DataFrame) -> Figures:
    """Wedges, and pairs of movies that anybody likes together, of a part of the users and of all."""
    users, of_user = np.unique(likes.userId, return_inverse=True)
    movies, of_movie = np.unique(likes.movieId, return_inverse=True)
    matrix = sp.csr_array((np.ones(len(likes), np.float32), (of_user, of_movie)), (len(users), len(movies)))
    order = np.random.default_rng(SEED).permutation(len(users))
    wedges: list[float] = []
    pairs: list[float] = []
    for part in PARTS_OF_USERS:
        some = matrix[np.sort(order[: round(part * len(users))])]
        wedges.append(_wedges(some.sum(axis=1).astype(np.int64)))
        together = some.T @ some
        pairs.append(int(together.nnz - np.count_nonzero(together.diagonal())) // 2)
    parts = _listed(PARTS_OF_USERS, "{:g}")
    return {
        f"wedges of {parts} of the users": _listed(wedges),
        "pairs of movies liked together, of as many": _listed(pairs),
    }


def _ratings_by_movie_and_user(ratings: pd.DataFrame, of_movie: pd.Series) -> Figures:
    mean = ratings.groupby("movieId").rating.mean()
    popular = of_movie.rank(pct=True)
    bands = [
        float(mean[(popular > low) & (popular <= high)].mean()) for low, high in ((0, 0.5), (0.9, 0.99), (0.99, 1))
    ]
    of_user = ratings.groupby("userId").rating.mean()
    return {
        "deviation of users' means; of movies' with 20 ratings": f"{of_user.std():.2f}; "
        f"{mean[of_movie >= 20].std():.2f}",
        "mean stars of the less popular half; 90 to 99 %; 1 % most popular movies": _listed(bands, "{:.2f}"),
    }


def _order_and_time(ratings: pd.DataFrame, of_movie: pd.Series) -> Figures:
    ordered = ratings.sort_values(["userId", "timestamp"], kind="stable")
    by_user = ordered.groupby("userId")
    gaps = by_user.timestamp.diff()
    known = gaps.dropna()
    sittings = 1 + (gaps >= 3_600).groupby(ordered.userId).sum()
    place = by_user.cumcount() / by_user.userId.transform("size")
    popular = np.log(ordered.movieId.map(of_movie))
    ends = popular[place < 0.2].mean(), popular[place >= 0.8].mean()
    return {
        "gaps under 1 minute; under 1 hour": f"{(known < 60).mean():.1%}; {(known < 3_600).mean():.1%}",
        "users with one sitting (no gap of an hour)": f"{(sittings == 1).mean():.1%}",
        "mean log ratings of the movies in the first; last fifth of a user's": _listed(ends, "{:.2f}"),
    }


def of_all_likes(ratings: pd.DataFrame) -> Figures:
    """NDCG@10 of the newest likes, with the standard error over users."""
    cases, catalogue, likes = held_out_cases(ratings)
    found = {}
    for name, build in METHODS.items():
        scores = _ease_of_the_most_liked(likes) if name == "ease" else build(likes, SEED)
        ndcg = evaluate_method(_for_users(scores, catalogue), cases, catalogue)[0]["ndcg@10"]
        found[f"NDCG@10 of {name}"] = f"{ndcg.mean():.4f} ± {ndcg.std() / np.sqrt(len(ndcg)):.4f}"
    return found


def _for_users(scores: ScoresOfLikes, catalogue: Catalogue) -> Method:
    return lambda users: scores(likes_matrix(users.likes.movies, len(catalogue.movie_ids)))


def _ease_of_the_most_liked(likes: sp.csr_array) -> ScoresOfLikes:
    """EASE where its matrix fits; movies with fewer likes are scored lowest."""
    kept = np.sort(np.argsort(-likes.sum(axis=0), kind="stable")[:EASE_MOVIES])
    own = ease(likes[:, kept], SEED)

    def scores(liked: sp.csr_array) -> NDArray[np.float64]:
        every = np.full(liked.shape, -np.inf)
        every[:, kept] = own(liked[:, kept])
        return every

    return scores


def held_out_cases(ratings: pd.DataFrame) -> tuple[HeldOutCases, Catalogue, sp.csr_array]:
    """The newest likes of users with enough, as `movierec split` holds them out; and (U, C) the likes left."""
    columns = ["userId", "timestamp", "movieId"]
    ordered = ratings.sort_values(columns, ascending=[True, False, False], ignore_index=True)
    is_like = ordered.rating >= SPLIT.min_rating
    n_likes = is_like.groupby(ordered.userId).transform("sum")
    newer = is_like.groupby(ordered.userId).cumsum() - 1
    is_held_out = is_like & (n_likes >= SPLIT.min_likes) & (newer < np.floor(n_likes * SPLIT.fraction))
    learnt = ordered[is_like & ~is_held_out]
    movie_ids, like_counts = np.unique(learnt.movieId, return_counts=True)
    user_ids = np.unique(ordered.userId)
    pairs = positions_in(user_ids, learnt.userId.to_numpy()), positions_in(movie_ids, learnt.movieId.to_numpy())
    likes = sp.csr_array((np.ones(len(learnt)), pairs), shape=(len(user_ids), len(movie_ids)))
    catalogue = Catalogue(
        movie_ids=movie_ids,
        like_counts=like_counts.astype(np.float64),
        genres=np.zeros((len(movie_ids), 0), dtype=bool),
        n_rated_movies=ratings.movieId.nunique(),
        n_users=learnt.userId.nunique(),
    )
    asked = np.unique(ordered.userId[is_held_out])
    seen = ordered[~is_held_out & np.isin(ordered.movieId, movie_ids)]
    liked, rated, held_out = (_lists(part, asked, movie_ids) for part in (learnt, seen, ordered[is_held_out]))
    ages = np.arange(len(liked.values)) - liked.indptr[liked.rows]
    users = UserProfiles(asked, LikeHistories(liked, ages.astype(np.float64)), rated)
    return HeldOutCases(users, held_out, np.full(len(asked), np.nan)), catalogue, likes


def _lists(ratings: pd.DataFrame, user_ids: NDArray[np.int64], movie_ids: NDArray[np.int64]) -> Lists:
    """What each of the users has rated, as positions in `movie_ids`; -1 for what is not there."""
    own = ratings[np.isin(ratings.userId, user_ids)]
    sizes = own.groupby("userId").size().reindex(user_ids, fill_value=0)
    return Lists.of_sizes(sizes.to_numpy().astype(np.int64), places_in(movie_ids, own.movieId.to_numpy()))


def _wedges(of_user: NDArray[np.int64]) -> int:
    """Pairs of likes of the same user."""
    return int((of_user * (of_user - 1) // 2).sum())


def _gini(counts: NDArray[Any]) -> float:
    """How unequal counts are: 0 all the same, towards 1 all with the same few."""
    ordered, n = np.sort(counts), len(counts)
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * ordered.sum()))


def _share_of_first(counts: pd.Series) -> str:
    return f"{counts.nlargest(round(len(counts) / 100)).sum() / counts.sum():.1%}"


def _quantiles(counts: pd.Series) -> str:
    return _listed(counts.quantile(list(QUANTILES)))


def _listed(values: Iterable[float], form: str = "{:,.0f}") -> str:
    """12; 34; 56"""
    return "; ".join(map(form.format, values))
