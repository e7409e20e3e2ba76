import math

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import latest_run
from movierec.errors import BadRequest, MovieRecError, StageMissing
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import PRESETS, DeriveSettings
from movierec.graph.write import write_chunk
from movierec.ratings.checked import Chunk
from tests.conftest import MOVIELENS

EDGES = parse_query(
    "tests/edges",
    "// Edges.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie) "
    "RETURN a.movieId AS a, b.movieId AS b, c.count AS count, c.weight AS weight ORDER BY a, b;",
)


def brute_force(settings: DeriveSettings) -> pd.DataFrame:
    """The same edges by a sparse matrix product over the file."""
    ratings = pd.read_csv(MOVIELENS / "ratings.csv")
    likes = ratings[ratings.rating >= settings.min_rating]
    movies, column = np.unique(likes.movieId, return_inverse=True)
    users, row = np.unique(likes.userId, return_inverse=True)
    liked = sp.csr_array((np.ones(len(likes)), (row, column)), shape=(len(users), len(movies)))
    together = sp.triu(liked.T @ liked, k=1).tocoo()
    x = np.asarray(liked.sum(axis=0))
    d = len(users) if settings.denominator == "users" else len(likes)
    count = together.data
    weight = count
    if settings.measure == "xy_pmi":
        weight = count * np.log(count * d / (x[together.row] * x[together.col]))
    edges = pd.DataFrame({"a": movies[together.row], "b": movies[together.col], "count": count, "weight": weight})
    kept = edges[(edges["weight"] >= settings.min_weight) & (edges["count"] >= settings.min_count)]
    return kept.sort_values(["a", "b"], ignore_index=True)


def load_small(database: Database, likes: dict[int, list[int]]) -> None:
    """Users who rate the given movies 5 stars."""
    database.run_batches(load_query("schema/constraints"))
    ids = np.array(sorted({movie for movies in likes.values() for movie in movies}))
    titles = [{"title": f"M{i}", "genres": []} for i in ids]
    pairs = [(user, movie) for user, movies in likes.items() for movie in movies]
    users, movies = (np.array(column) for column in zip(*pairs, strict=True))
    ratings = {"ratings": np.full(len(pairs), 5.0), "timestamps": np.ones(len(pairs), dtype=np.int64)}
    for kind, columns in (
        ("movies", {"movieIds": ids, "movieKeys": None, "properties": titles}),
        ("ratings", {"userIds": users, "movieIds": movies, **ratings}),
    ):
        n_rows = len(columns["movieIds"])
        chunk = Chunk(kind, 0, n_rows, np.arange(n_rows), columns)
        database.in_transaction(lambda transaction, chunk=chunk: write_chunk(transaction, chunk, 1))


def test_weight_by_hand(empty_database: Database) -> None:
    # 4 users; movie 1 liked by 3, movie 2 by 2, both by 2; movie 3 by the one user who liked nothing else.
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [1], 4: [3]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    (edge,) = empty_database.read(EDGES)
    assert (edge["a"], edge["b"], edge["count"]) == (1, 2, 2)
    assert edge["weight"] == pytest.approx(2 * math.log(2 * 4 / (3 * 2)))
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1, denominator="likes"))
    (edge,) = empty_database.read(EDGES)
    assert edge["weight"] == pytest.approx(2 * math.log(2 * 6 / (3 * 2)))


def test_keras_preset_gives_the_examples_figures(spoilt_movielens_database: Database) -> None:
    result = derive_co_liked(spoilt_movielens_database, DeriveSettings.from_preset("keras"))
    assert (result["users"], result["likes"]) == (573, 13_211)
    assert (result["movies"], result["edges"]) == (1405, 40_043)
    assert result["mean_degree"] == pytest.approx(57.0, abs=0.01)
    run = latest_run(spoilt_movielens_database, "derive")
    assert run is not None
    assert (run["runId"], run["edges"], run["minRating"]) == (result["run_id"], 40_043, 5.0)


@pytest.mark.parametrize("preset", ["keras", "co-count"])
def test_edges_are_those_of_a_sparse_matrix_product(spoilt_movielens_database: Database, preset: str) -> None:
    settings = DeriveSettings.from_preset(preset)
    derive_co_liked(spoilt_movielens_database, settings)
    found = pd.DataFrame(spoilt_movielens_database.read(EDGES))
    expected = brute_force(settings)
    assert found[["a", "b", "count"]].astype("int64").equals(expected[["a", "b", "count"]].astype("int64"))
    np.testing.assert_allclose(found["weight"], expected["weight"], rtol=1e-12)


def test_likes_of_four_stars_give_the_large_graph(spoilt_movielens_database: Database) -> None:
    settings = DeriveSettings(min_rating=4.0, denominator="likes", min_weight=10.0)
    result = derive_co_liked(spoilt_movielens_database, settings)
    assert result["edges"] == 953_532 == len(brute_force(settings))


def test_second_derive_replaces_the_first(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2, 3], 2: [1, 2], 3: [3], 4: [4]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.01))
    first = empty_database.read(EDGES)
    derive_co_liked(empty_database, DeriveSettings(measure="count", min_weight=2))
    assert empty_database.read(EDGES) == [{"a": 1, "b": 2, "count": 2, "weight": 2.0}]
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.01))
    assert empty_database.read(EDGES) == first


def test_unfinished_derive_is_not_read_from(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    empty_database.write(
        load_query("runs/start"), runId="derive-9", stage="derive", process="elsewhere:1:0", settings={}
    )
    with pytest.raises(StageMissing, match=r"derive-9.*not whole"):
        pull_movie_graph(empty_database)


def test_half_a_load_is_not_derived_from(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    empty_database.write(
        load_query("runs/start"), runId="load-9", stage="load", process="elsewhere:1:0", settings={}
    )
    with pytest.raises(StageMissing, match=r"load-9.*not whole"):
        derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))


def test_likes_and_edges_of_other_labels_are_left_alone(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    strangers = parse_query(
        "tests/strangers",
        "// Somebody else's.\n// Parameters: none.\n// Returns: n.\n"
        "CREATE (a:Person)-[:LIKED]->(b:Post), (a)-[:CO_LIKED]->(b) RETURN count(*) AS n;",
    )
    left = parse_query(
        "tests/left",
        "// What is left.\n// Parameters: none.\n// Returns: n.\n"
        "MATCH (:Person)-[r]->(:Post) RETURN count(r) AS n;",
    )
    empty_database.write(strangers)
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    assert empty_database.read_one(left)["n"] == 2


def test_thresholds_that_no_pair_reaches_are_named(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    with pytest.raises(MovieRecError, match="No pair of movies reaches weight 1000"):
        derive_co_liked(empty_database, DeriveSettings(min_weight=1000.0))


def test_derive_of_nothing_names_the_stage_before(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        derive_co_liked(empty_database, DeriveSettings())


@pytest.mark.parametrize(
    "wrong",
    [{"measure": "magic"}, {"denominator": "x"}, {"min_rating": 9.0}, {"min_weight": 0.0}, {"min_count": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match=next(iter(wrong))):
        DeriveSettings(**wrong)  # type: ignore[arg-type]


def test_presets_are_valid_and_options_win_over_them() -> None:
    assert {name: DeriveSettings.from_preset(name) for name in PRESETS}.keys() == PRESETS.keys()
    assert DeriveSettings.from_preset("keras", min_weight=3.0).min_weight == 3.0
    assert DeriveSettings.from_preset("keras", min_weight=None).min_weight == 10.0
