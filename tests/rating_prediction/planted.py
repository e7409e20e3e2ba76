"""Ratings with a taste behind them: two kinds of users, two kinds of movies, some noise."""

import numpy as np

from movierec.rating_prediction.graph import Features, RatingGraph

STARS = np.arange(1.0, 6.0)


def planted(n_users: int = 80, n_movies: int = 60, share: float = 0.4, seed: int = 1) -> RatingGraph:
    """Users like the movies of their own kind and not the others; no user and no movie is better than another."""
    generator = np.random.default_rng(seed)
    users, movies = np.nonzero(generator.random((n_users, n_movies)) < share)
    stars = np.where((users + movies) % 2 == 0, 4.5, 1.5) + generator.normal(0.0, 0.5, len(users))
    described = [
        {"genres": [("Drama", "Comedy")[movie % 3 % 2]], "year": 1990 + movie} for movie in range(n_movies)
    ]
    people = [
        {"age": 20 + user % 50 if user else None, "gender": "MF"[user % 5 % 2], "occupation": None}
        for user in range(n_users)
    ]
    features = Features.of(people, described)
    return RatingGraph(
        user_ids=np.arange(n_users) * 3 + 1,
        movie_ids=np.arange(n_movies) * 7 + 2,
        stars=STARS,
        users=users.astype(np.int32),
        movies=movies.astype(np.int32),
        levels=(np.clip(np.round(stars), 1, 5) - 1).astype(np.int8),
        features=features,
        user_features=features.of_users(people),
        movie_features=features.of_movies(described),
    )


def parts(graph: RatingGraph, seed: int = 2) -> tuple[RatingGraph, RatingGraph]:
    """Four fifths of the ratings, and the rest."""
    asked = np.random.default_rng(seed).random(graph.n_ratings) < 0.2
    return graph.part(~asked), graph.part(asked)
