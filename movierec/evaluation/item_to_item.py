"""How good `similar` is, compared with other similarities, by three metrics. Pure: arrays in, numbers out.

    next like      the held-out likes are to be found from a user's newest training like alone: NDCG@10
    genres         in common with the ten most similar movies: mean Jaccard, over the most liked movies
    genre probe    are a movie's genres to be read off its vector? Mean average precision over the genres, of a
                   logistic regression each, in five parts of which each is predicted from the others

The third asks the vectors themselves (Alain and Bengio 2016 for the idea of a linear probe).

Shapes: C candidates (movies liked in training), B of them in a block, G genres, D embedding size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.evaluation.baselines import SHRINK, likes_matrix
from movierec.evaluation.dataset import EvaluationData
from movierec.evaluation.methods import Candidates, UserProfiles
from movierec.evaluation.tables import Catalogue, evaluate_method
from movierec.progress import Advance, silently
from movierec.recommendation.scoring import KNOWN_LIKES, best_of_rows, block_rows, similarity_score

__all__ = [
    "Similarity",
    "by_graph",
    "by_item_knn",
    "by_similar",
    "by_vectors",
    "evaluate_similarity",
    "genre_probe",
    "genres_in_common",
    "next_like",
]

Similarity = Callable[[NDArray[np.int64]], NDArray[np.float64]]  # (B,) positions -> (B, C) how like each movie is

HEAD = 1_000  # movies, the most liked, whose neighbours' genres are looked at
PARTS = 5
STRENGTH = 0.1  # C of the regressions: rather little, for numbers that may mean nothing
LEAST_MEMBERS = 20  # movies of a genre that is asked of vectors


def by_item_knn(data: EvaluationData) -> Similarity:
    """Cosine of the users who like both, shrunk by 30."""
    likes = likes_matrix(data.likes.movies, len(data.catalogue.movie_ids))
    by_movie = likes.T.tocsr()
    norms = np.sqrt(data.catalogue.like_counts)

    def scores(movies: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (by_movie[movies] @ likes).toarray()
        found /= norms[movies, None] * norms + SHRINK
        return found

    return scores


def by_graph(candidates: Candidates) -> Similarity:
    """Weights of CO_LIKED."""
    return lambda movies: candidates.co_liked.weighted_neighbour_sums(
        Lists.of_sizes(np.ones(len(movies), np.int64), movies), np.ones(len(movies))
    )


def by_vectors(candidates: Candidates) -> Similarity:
    """Cosine: `similar --plain-cosine`."""
    return lambda movies: (candidates.unit[movies] @ candidates.unit.T).astype(np.float64)


def by_similar(candidates: Candidates, popularity: float = 0.0) -> Similarity:
    """What `similar` ranks by."""
    cosine, weights = by_vectors(candidates), by_graph(candidates)
    counts = np.maximum(candidates.like_counts, 1)
    factors = (counts / counts.max()) ** popularity

    def scores(movies: NDArray[np.int64]) -> NDArray[np.float64]:
        score = similarity_score(cosine(movies), weights(movies))
        score = np.where(score > 0, score * factors, score)
        score[:, candidates.like_counts < KNOWN_LIKES] -= 1e3
        return score

    return scores


def evaluate_similarity(scores: Similarity, data: EvaluationData, advance: Advance = silently) -> dict[str, float]:
    """{"next_like_ndcg@10", "genres_in_common"}."""
    return {
        "next_like_ndcg@10": next_like(scores, data, advance),
        "genres_in_common": genres_in_common(scores, data.catalogue),
    }


def next_like(scores: Similarity, data: EvaluationData, advance: Advance = silently) -> float:
    """Mean NDCG@10 over all users; 0 for those who have no like in training."""
    movies = data.cases.users.likes.movies
    asked = np.flatnonzero(movies.sizes > 0)
    if not len(asked):
        return 0.0
    # Users with the same newest like come together, so that it is compared with all movies once.
    newest = movies.values[movies.indptr[asked]]
    asked = asked[np.argsort(newest, kind="stable")]

    def from_newest(users: UserProfiles) -> NDArray[np.float64]:
        liked = users.likes.movies
        different, which = np.unique(liked.values[liked.indptr[:-1]], return_inverse=True)
        return scores(different)[which]

    table, _ = evaluate_method(from_newest, data.cases.taken(asked), data.catalogue, advance)
    return float(table["ndcg@10"].sum() / len(data.cases))


def genres_in_common(scores: Similarity, catalogue: Catalogue) -> float:
    """Mean Jaccard of the genres of each of the 1,000 most liked movies and of the ten most similar to it."""
    genres = catalogue.genres
    head = np.argsort(-catalogue.like_counts, kind="stable")[:HEAD]
    found, rows = [], block_rows(len(genres))
    for start in range(0, len(head), rows):
        movies = head[start : start + rows]
        near = scores(movies)
        near[np.arange(len(movies)), movies] = np.finfo(np.float64).min  # itself last, where there are few others
        ten = best_of_rows(near, 10)
        own, others = genres[movies[ten.rows]], genres[ten.values]
        common, either = (others & own).sum(axis=1), (others | own).sum(axis=1)
        found.append(ten.sums(common / np.maximum(either, 1)) / ten.sizes)
    return float(np.concatenate(found).mean())


def genre_probe(
    unit: NDArray[np.float32], genres: NDArray[np.bool_], seed: int = 1, advance: Advance = silently
) -> dict[str, float]:
    """{"average_precision", "by_chance", "movies", "genres"} of (C, D) vectors and (C, G) genres.

    Movies without a vector or without genres are skipped, and genres of fewer than 20 movies; all zeros where
    that leaves nothing to ask. By chance is the mean share of movies that have a genre.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = unit.any(axis=1) & genres.any(axis=1)
    unit, genres = unit[known], genres[known]
    n_members = genres.sum(axis=0)
    genres = genres[:, (n_members >= LEAST_MEMBERS) & (n_members <= len(genres) - LEAST_MEMBERS)]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1_000))
    parts = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
    found = []
    for members in genres.T:
        predicted = cross_val_predict(model, unit, members, cv=parts, method="predict_proba")[:, 1]
        found.append(average_precision_score(members, predicted))
        advance(1)
    return {
        "average_precision": float(np.mean(found)) if found else 0.0,
        "by_chance": float(genres.mean()) if found else 0.0,
        "movies": len(genres),
        "genres": len(found),
    }
