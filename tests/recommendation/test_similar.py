import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import live_run
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.errors import BadRequest, StageMissing
from movierec.graph.pull import pull_movie_graph
from movierec.lookup.filters import Filters
from movierec.recommendation.in_database import similar_movies
from movierec.recommendation.in_memory import Recommender

NEIGHBOURS = parse_query(
    "tests/neighbours",
    "// Links of The Matrix.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (:Movie {movieId: 2571})-[c:CO_LIKED]-(m:Movie) RETURN m.movieId AS movieId, c.weight AS weight;",
)

# The five queries of the Keras example, each with movies of which at least one must be among the first ten.
QUERIES = {
    "Matrix, The (1999)": {"Fight Club (1999)", "Star Wars: Episode V - The Empire Strikes Back (1980)"},
    "Star Wars: Episode IV - A New Hope (1977)": {"Star Wars: Episode V - The Empire Strikes Back (1980)"},
    "Lion King, The (1994)": {"Aladdin (1992)", "Beauty and the Beast (1991)"},
    "Terminator 2: Judgment Day (1991)": {
        "Terminator, The (1984)",
        "Aliens (1986)",
        "Die Hard (1988)",
    },
    "Godfather, The (1972)": {"Godfather: Part II, The (1974)"},
}


@pytest.mark.parametrize("title", QUERIES)
def test_the_keras_examples_queries_give_sane_lists(keras_database: Database, title: str) -> None:
    rows = similar_movies(keras_database, title, k=10, plain_cosine=True)
    titles = [row.title for row in rows]
    assert title not in titles
    assert len(titles) == len(set(titles)) == 10
    assert QUERIES[title] & set(titles), titles


@pytest.mark.one_version
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_case_study_lists_what_belongs_together_with_any_seed(keras_database: Database, seed: int) -> None:
    graph = pull_movie_graph(keras_database)
    embeddings = train_embeddings(graph, TrainSettings.from_preset("case-study", seed=seed))
    assert max(embeddings.losses[5:]) < min(embeddings.losses[:2])
    unit = embeddings.vectors / np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    titles = {row["movieId"]: row["title"] for row in keras_database.read(load_query("pull/movies"))}
    names = [titles[int(movie_id)] for movie_id in graph.movie_ids]
    for title, others in {
        "Lion King, The (1994)": ["Aladdin (1992)", "Beauty and the Beast (1991)"],
        "Star Wars: Episode IV - A New Hope (1977)": [
            "Star Wars: Episode V - The Empire Strikes Back (1980)",
            "Star Wars: Episode VI - Return of the Jedi (1983)",
        ],
    }.items():
        nearest = np.argsort(-(unit @ unit[names.index(title)]))[1:11]
        assert {names[v] for v in nearest} >= set(others)


def vectors_of(database: Database) -> tuple[list[int], np.ndarray]:
    rows = database.read(load_query("embedding/read"))
    matrix = np.array([row["embedding"] for row in rows])
    return [row["movieId"] for row in rows], matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_plain_score_is_the_cosine_and_every_movie_is_looked_at(keras_database: Database) -> None:
    ids, unit = vectors_of(keras_database)
    cosines = unit @ unit[ids.index(2571)]
    best = [(ids[i], cosines[i]) for i in np.argsort(-cosines) if ids[i] != 2571][:25]
    found = similar_movies(keras_database, "2571", k=25, plain_cosine=True)
    assert [row.movie_id for row in found] == [movie for movie, _ in best]
    assert [row.score for row in found] == pytest.approx([cosine for _, cosine in best], abs=1e-5)


@pytest.mark.parametrize("conditions", [{}, {"without_genres": ("Action",), "from_year": 1990, "min_ratings": 60}])
@pytest.mark.parametrize("popularity", [0.0, -0.3])
def test_score_adds_who_liked_both(
    keras_database: Database, conditions: dict[str, object], popularity: float
) -> None:
    ids, unit = vectors_of(keras_database)
    weights = {row["movieId"]: row["weight"] for row in keras_database.read(NEIGHBOURS)}
    details = {row["movieId"]: row for row in keras_database.read(load_query("recommend/model"), sequential=False)}
    most = max(row["likeCount"] for row in details.values())
    expected = []
    for movie, cosine in zip(ids, unit @ unit[ids.index(2571)], strict=True):
        one = details[movie]
        fits = not conditions or (
            "Action" not in one["genres"] and (one["year"] or 0) >= 1990 and one["ratings"] >= 60
        )
        if movie != 2571 and fits:
            score = cosine + (weights.get(movie, 0.0) / max(weights.values())) ** 0.5
            score *= (one["likeCount"] / most) ** popularity
            expected.append((one["likeCount"] < 5, -score, movie))
    best = sorted(expected)[:30]
    filters = Filters(**conditions)  # type: ignore[arg-type]
    for found in (
        similar_movies(keras_database, "2571", 30, filters, popularity=popularity),
        Recommender(keras_database).similar(2571, 30, filters, popularity=popularity),
    ):
        assert [row.movie_id for row in found] == [movie for _, _, movie in best]
        assert [row.score for row in found] == pytest.approx([-score for _, score, _ in best], abs=1e-5)


def test_answer_names_the_run_it_comes_from(keras_database: Database) -> None:
    run = live_run(keras_database)
    assert run is not None
    rows = similar_movies(keras_database, "Jumanji", k=3)
    assert {row.run_id for row in rows} == {run["runId"]}
    assert [row.rank for row in rows] == [1, 2, 3]


def test_movie_without_a_vector_is_taken_for_the_mean_of_its_genres(keras_database: Database) -> None:
    rows = similar_movies(keras_database, "193609", k=5)
    assert {row.estimated_from for row in rows} == {"genres"}
    assert all("Comedy" in row.genres for row in rows[:3])
    assert {row.estimated_from for row in similar_movies(keras_database, "2571", k=5)} == {None}


@pytest.mark.parametrize("popularity", [-0.3, 0.5])
def test_movie_that_nobody_likes_is_compared_whatever_the_popularity(
    keras_database: Database, popularity: float
) -> None:
    plain = similar_movies(keras_database, "193609", k=30)
    rows = similar_movies(keras_database, "193609", k=30, popularity=popularity)
    assert {row.estimated_from for row in rows} == {"genres"}
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    assert np.isfinite([row.score for row in rows]).all()
    assert (np.mean([row.like_count or 0 for row in rows]) > np.mean([row.like_count or 0 for row in plain])) == (
        popularity > 0
    )


def test_request_out_of_range_is_refused(keras_database: Database) -> None:
    with pytest.raises(BadRequest, match="popularity is 3"):
        similar_movies(keras_database, "2571", popularity=3)
    with pytest.raises(BadRequest, match="by the cosine alone"):
        Recommender(keras_database).similar(2571, 10, Filters(), plain_cosine=True, popularity=0.5)
    with pytest.raises(BadRequest, match="k is 0"):
        similar_movies(keras_database, "Jumanji", k=0)


@pytest.mark.both_versions
def test_movie_without_a_vector_but_with_links_is_taken_for_their_mean(changed_small_database: Database) -> None:
    database = changed_small_database
    before = [row.movie_id for row in similar_movies(database, "1", k=10)]
    database.write(
        parse_query(
            "tests/forget",
            "// Forget.\n// Parameters: none.\n// Returns: nothing.\n"
            "MATCH (m:Movie {movieId: 1}) REMOVE m.embedding;",
        )
    )
    rows = similar_movies(database, "1", k=10)
    assert {row.estimated_from for row in rows} == {"neighbours"}
    assert len(set(before) & {row.movie_id for row in rows}) >= 6, "it lies where its neighbours do"


def test_before_training_the_next_command_is_named(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        similar_movies(empty_database, "Jumanji")
