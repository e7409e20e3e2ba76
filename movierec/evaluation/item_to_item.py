"""How good `similar` is, compared with other similarities, by three metrics. Pure: arrays in, numbers out.

    next like      the held-out likes are to be found from a user's newest training like alone: NDCG@10
    genres         in common with the ten most similar movies: mean Jaccard, over the most liked movies
    genre probe    are a movie's genres to be read off its vector? Mean average precision over the genres, of a
                   logistic regression each, in five parts of which each is predicted from the others

The third asks the vectors themselves (Alain and Bengio 2016 for the idea of a linear probe).

Shapes: C candidates (movies liked in training), G genres, D embedding size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from movierec.evaluation.baselines import SHRINK
from movierec.evaluation.dataset import EvaluationData
from movierec.evaluation.methods import Candidates, UserProfile
from movierec.evaluation.tables import Catalogue, evaluate_method
from movierec.recommendation.scoring import KNOWN_LIKES, similarity_score

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

Similarity = Callable[[int], NDArray[np.float64]]  # a movie's position -> (C,) how like it each movie is

HEAD = 1_000  # movies, the most liked, whose neighbours' genres are looked at
PARTS = 5
STRENGTH = 0.1  # C of the regressions: rather little, for numbers that may mean nothing
LEAST_MEMBERS = 20  # movies of a genre that is asked of vectors


def by_item_knn(data: EvaluationData) -> Similarity:
    """Cosine of the users who like both, shrunk by 30."""
    shape = (data.n_users, len(data.catalogue.movie_ids))
    likes = sp.csr_array((np.ones(len(data.likes[0]), dtype=np.float64), data.likes), shape=shape)
    both = (likes.T @ likes).tocsr()
    norms = np.sqrt(data.catalogue.like_counts)

    def scores(movie: int) -> NDArray[np.float64]:
        found: NDArray[np.float64] = both[[movie]].toarray()[0] / (norms[movie] * norms + SHRINK)
        return found

    return scores


def by_graph(candidates: Candidates) -> Similarity:
    """Weights of CO_LIKED."""
    return lambda movie: candidates.co_liked.weighted_neighbour_sum(np.array([movie]), np.ones(1))


def by_vectors(candidates: Candidates) -> Similarity:
    """Cosine: `similar --plain-cosine`."""
    return lambda movie: (candidates.unit @ candidates.unit[movie]).astype(np.float64)


def by_similar(candidates: Candidates) -> Similarity:
    """What `similar` ranks by."""
    cosine, weights = by_vectors(candidates), by_graph(candidates)

    def scores(movie: int) -> NDArray[np.float64]:
        score = similarity_score(cosine(movie), weights(movie))
        return np.where(candidates.like_counts >= KNOWN_LIKES, score, score - 1e3)

    return scores


def evaluate_similarity(scores: Similarity, data: EvaluationData) -> dict[str, float]:
    """{"next_like_ndcg@10", "genres_in_common"}."""
    return {
        "next_like_ndcg@10": next_like(scores, data),
        "genres_in_common": genres_in_common(scores, data.catalogue),
    }


def next_like(scores: Similarity, data: EvaluationData) -> float:
    """Mean NDCG@10 over all users; 0 for those who have no like in training."""
    asked = [case for case in data.cases if len(case.user.likes.movies)]

    def from_newest(user: UserProfile) -> NDArray[np.float64]:
        return scores(int(user.likes.movies[0]))

    table, _ = evaluate_method(from_newest, asked, data.catalogue)
    return float(table["ndcg@10"].sum() / len(data.cases)) if asked else 0.0


def genres_in_common(scores: Similarity, catalogue: Catalogue) -> float:
    """Mean Jaccard of the genres of each of the 1,000 most liked movies and of the ten most similar to it."""
    genres = catalogue.genres
    found = []
    for movie in np.argsort(-catalogue.like_counts, kind="stable")[:HEAD].tolist():
        near = scores(movie)
        near[movie] = -np.inf
        ten = np.argsort(-near, kind="stable")[:10]
        common, either = (genres[ten] & genres[movie]).sum(1), (genres[ten] | genres[movie]).sum(1)
        found.append((common / np.maximum(either, 1)).mean())
    return float(np.mean(found))


def genre_probe(unit: NDArray[np.float32], genres: NDArray[np.bool_], seed: int = 1) -> dict[str, float]:
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
    found = [
        average_precision_score(
            members, cross_val_predict(model, unit, members, cv=parts, method="predict_proba")[:, 1]
        )
        for members in genres.T
    ]
    return {
        "average_precision": float(np.mean(found)) if found else 0.0,
        "by_chance": float(genres.mean()) if found else 0.0,
        "movies": len(genres),
        "genres": len(found),
    }
