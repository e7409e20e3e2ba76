import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import Query, load_query, parse_query
from movierec.database.runs import list_runs
from movierec.errors import BadRequest, NotFound, StageMissing
from movierec.evaluation.rating_prediction import ALL_RATINGS, evaluate_rating_prediction
from movierec.evaluation.scratch import scratch_database
from movierec.graph.copy import copy_ratings
from movierec.graph.load import load_ratings
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings
from movierec.lookup.filters import Filters
from movierec.rating_prediction import stage
from movierec.rating_prediction.predict import predict_ratings
from movierec.rating_prediction.pull import pull_held_out, pull_rating_graph
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.stage import live_model, train_and_save
from tests.servers import MOVIELENS

SETTINGS = RatingModelSettings(embedding_size=8, feature_size=4, batch_size=500, epochs=3)
ALL = SplitSettings(min_rating=ALL_RATINGS)


def query(name: str, text: str) -> Query:
    return parse_query(f"tests/{name}", f"// A change.\n// Parameters: none.\n// Returns: n.\n{text}\n")


SHUFFLE = query(
    "shuffle", "MATCH ()-[h:HELD_OUT]->() SET h.rating = 5.5 - h.rating, h.timestamp = 1 RETURN count(h) AS n;"
)
DELETE = query("delete", "MATCH ()-[h:HELD_OUT]->() DELETE h RETURN count(h) AS n;")


@pytest.fixture
def few_ratings(empty_database: Database, tmp_path: Path) -> Database:
    """60 users, 40 movies, 1,500 ratings."""
    generator = np.random.default_rng(5)
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 61):
        for second, movie in enumerate(generator.permutation(40)[:25]):
            stars = 4.5 if (user + movie) % 2 else 2.0
            lines.append(f"{user},{movie + 1},{stars + generator.integers(0, 2) / 2},{10**9 + second}")
    (tmp_path / "ratings.csv").write_text("\n".join(lines) + "\n")
    movies = "".join(f'{m},"Movie {m} ({1950 + m})",{"Drama" if m % 3 else "War|Drama"}\n' for m in range(1, 42))
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n" + movies)
    load_ratings(empty_database, tmp_path)
    return empty_database


@pytest.mark.one_version
def test_held_out_ratings_reach_no_training(few_ratings: Database, tmp_path: Path) -> None:
    """Other held-out ratings, or none, and the same training part: the same bytes, epochs chosen included."""
    split_ratings(few_ratings, ALL)
    settings = replace(SETTINGS, epochs=0, max_epochs=4)

    def trained() -> tuple[object, ...]:
        result = train_and_save(few_ratings, settings, tmp_path / "checks", tmp_path / "models")
        assert result.ratings == 60 * 20
        return tuple(
            getattr(result, key)
            for key in ("graph_fingerprint", "model_sha256", "trained_epochs", "validation_rmse")
        )

    before = trained()
    held_out = pull_held_out(few_ratings, pull_rating_graph(few_ratings))
    assert [len(column) for column in held_out] == [300, 300, 300]
    for change in (SHUFFLE, DELETE):
        assert few_ratings.write(change)[0]["n"] == 300
        assert trained() == before


@pytest.mark.one_version
def test_new_ratings_count_at_once(few_ratings: Database, tmp_path: Path) -> None:
    train_and_save(few_ratings, replace(SETTINGS, epochs=40, learning_rate=0.02), tmp_path / "c", tmp_path / "m")
    run_id, model = live_model(few_ratings, tmp_path / "m")
    assert run_id.startswith("rating-model-")
    rows = predict_ratings(few_ratings, model, 1, k=40)
    rated = few_ratings.read(load_query("rating_prediction/user"), userId=1)[0]["movieIds"]
    assert len(rows) == 16, "41 movies less 25"
    assert not {row.movie_id for row in rows} & set(rated)
    assert [row.predicted_rating for row in rows] == sorted((row.predicted_rating for row in rows), reverse=True)
    assert all(2.0 <= row.predicted_rating <= 5.0 and 0.0 <= row.like_probability <= 1.0 for row in rows)
    # A newcomer with the opposite taste.
    (tmp_path / "more").mkdir()
    text = "".join(f"99,{movie},{5.0 if movie % 2 else 2.0},1\n" for movie in range(1, 31))
    (tmp_path / "more" / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + text)
    load_ratings(few_ratings, tmp_path / "more" / "ratings.csv")
    stars = {row.movie_id: row.predicted_rating for row in predict_ratings(few_ratings, model, 99, k=40)}
    assert set(stars) == set(range(31, 42))
    assert min(stars[movie] for movie in (31, 33, 35, 37, 39)) > max(
        stars[movie] for movie in (32, 34, 36, 38, 40)
    )


def test_conditions_and_named_movies(few_ratings: Database, tmp_path: Path) -> None:
    train_and_save(few_ratings, SETTINGS, tmp_path / "c", tmp_path / "m")
    _, model = live_model(few_ratings, tmp_path / "m")
    everything = predict_ratings(few_ratings, model, 1, k=100, filters=Filters(with_rated=True))
    assert len(everything) == 41
    war = predict_ratings(
        few_ratings, model, 1, k=100, filters=Filters(genres=("War",), from_year=1960, with_rated=True)
    )
    assert [row.movie_id for row in war] == [
        row.movie_id for row in everything if int(row.movie_id) % 3 == 0 and int(row.movie_id) >= 10
    ]
    rated = few_ratings.read(load_query("rating_prediction/user"), userId=1)[0]
    asked = (rated["movieIds"][0], 41)
    rows = {row.movie_id: row for row in predict_ratings(few_ratings, model, 1, movie_ids=asked)}
    assert (rows[asked[0]].rating, rows[41].rating) == (rated["ratings"][0], None)
    few_ratings.write(
        query(
            "other",
            f"MATCH (:User {{userId: 1}})-[r:RATED]->(:Movie {{movieId: {asked[0]}}}) "
            "SET r.rating = 0.5 RETURN count(r) AS n;",
        )
    )
    again = {row.movie_id: row for row in predict_ratings(few_ratings, model, 1, movie_ids=asked)}
    assert again[asked[0]].rating == 0.5
    assert again[asked[0]].predicted_rating == rows[asked[0]].predicted_rating, "what was given is not used"
    with pytest.raises(NotFound, match="No user 1000; expected an id from 1 to 60"):
        predict_ratings(few_ratings, model, 1000)
    with pytest.raises(BadRequest, match=r"Movie 77 is newer than the model.*rating-model train"):
        predict_ratings(few_ratings, model, 1, movie_ids=[77])
    with pytest.raises(BadRequest, match="k is 0"):
        predict_ratings(few_ratings, model, 1, k=0)


@pytest.mark.one_version
def test_failed_training_leaves_the_last_model_live(
    few_ratings: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StageMissing, match=r"No rating model.*movierec rating-model train"):
        live_model(few_ratings, tmp_path / "m")
    first = train_and_save(few_ratings, SETTINGS, tmp_path / "c", tmp_path / "m")
    with monkeypatch.context() as patched:
        patched.setattr(stage, "train_rating_model", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train_and_save(few_ratings, replace(SETTINGS, seed=2), tmp_path / "c", tmp_path / "m")
    assert live_model(few_ratings, tmp_path / "m")[0] == first.run_id
    failed = list_runs(few_ratings, 1)[0]["runId"]
    of_another_database = f"{failed[:-1]}x.pt"
    for name in (f"{failed}.pt", f"{failed}.new", of_another_database):  # as if it was killed
        (tmp_path / "m" / name).write_bytes(b"")
    second = train_and_save(few_ratings, replace(SETTINGS, seed=2), tmp_path / "c", tmp_path / "m")
    (tmp_path / "m" / of_another_database).unlink()
    assert [path.name for path in (tmp_path / "m").iterdir()] == [f"{second.run_id}.pt"]
    with pytest.raises(StageMissing, match=r"is not at .*rating-model train"):
        live_model(few_ratings, tmp_path / "elsewhere")


@pytest.mark.one_version
def test_vectors_are_put_on_users_and_movies(
    few_ratings: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "BATCH_ROWS", 7)
    train_and_save(few_ratings, SETTINGS, tmp_path / "c", tmp_path / "m", write=True)
    _, model = live_model(few_ratings, tmp_path / "m")
    for label, key, ids, vectors in (
        ("User", "userId", model.user_ids, model.user_vectors),
        ("Movie", "movieId", model.movie_ids, model.movie_vectors),
    ):
        text = f"MATCH (x:{label}) RETURN x.{key} AS id, x.ratingEmbedding AS vector ORDER BY id;"
        rows = few_ratings.read(query("vectors", text))
        assert [row["id"] for row in rows] == ids.tolist()
        np.testing.assert_allclose([row["vector"] for row in rows], vectors, rtol=1e-6)
    train_and_save(few_ratings, replace(SETTINGS, seed=2), tmp_path / "c", tmp_path / "m")
    left = query("left", "MATCH (x) WHERE x.ratingEmbedding IS NOT NULL RETURN count(x) AS n;")
    assert few_ratings.read_one(left)["n"] == 0, "those of another model would be taken for its own"


@pytest.mark.one_version
def test_nothing_to_learn_from_says_so(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        train_and_save(empty_database, SETTINGS, tmp_path / "c", tmp_path / "m")


@pytest.mark.one_version
def test_half_a_split_is_not_learnt_from(
    few_ratings: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_batches = Database.run_batches

    def killed(self: Database, query: Query, **parameters: object) -> object:
        if "hold_out" in query.name:
            few_ratings.write(query_of_half)
            raise KeyboardInterrupt
        return run_batches(self, query, **parameters)

    query_of_half = query(
        "half",
        "MATCH (u)-[r:RATED]->(m) WITH u, r, m LIMIT 100 CREATE (u)-[:HELD_OUT {rating: r.rating}]->(m) DELETE r "
        "RETURN count(*) AS n;",
    )
    with monkeypatch.context() as patched:
        patched.setattr(Database, "run_batches", killed)
        with pytest.raises(KeyboardInterrupt):
            split_ratings(few_ratings, ALL)
    with pytest.raises(StageMissing, match=r'The last split .* is "failed".*movierec split'):
        train_and_save(few_ratings, SETTINGS, tmp_path / "c", tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.one_version
def test_ratings_that_change_while_they_are_read_are_noticed(
    few_ratings: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Database.read

    def without_one(self: Database, query: Query, **parameters: object) -> object:
        rows = read(self, query, **parameters)
        return rows[1:] if query.name == "pull/movies" else rows

    monkeypatch.setattr(Database, "read", without_one)
    with pytest.raises(StageMissing, match="changed while they were read"):
        pull_rating_graph(few_ratings)


@pytest.mark.one_version
def test_evaluation_does_without_walks_where_nothing_is_linked(empty_database: Database, tmp_path: Path) -> None:
    lines = [f"{user},{movie},{1 + (user + movie) % 3},{movie}" for user in range(1, 9) for movie in range(1, 9)]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    load_ratings(empty_database, tmp_path / "ratings.csv")
    methods = evaluate_rating_prediction(empty_database, ALL, SETTINGS).methods
    assert methods["neighbours"] == methods["biases"]
    assert methods["movierec"]["rmse"] > 0


@pytest.mark.one_version
def test_evaluation_asks_for_every_held_out_rating(few_ratings: Database) -> None:
    report = evaluate_rating_prediction(
        few_ratings, ALL, replace(SETTINGS, epochs=40, learning_rate=0.02), n_seeds=2
    )
    assert (report.users, report.ratings, report.held_out, report.seeds) == (60, 1200, 300, (1, 2))
    assert report.epochs == (40, 40)
    assert set(report.methods) == {
        *("global_mean", "biases", "neighbours", "matrix_factorisation", "movierec", "movierec, mean of seeds"),
    }
    assert report.methods["movierec"]["rmse"] == pytest.approx(np.mean(report.rmse_by_seed))
    assert report.methods["movierec"]["rmse"] < report.methods["biases"]["rmse"]
    assert sum(row.given for row in report.calibration) == 300
    assert sum(row.predicted_share for row in report.calibration) == pytest.approx(1.0)


@pytest.mark.one_version
def test_copy_in_a_scratch_server_leads_to_the_same_model(few_ratings: Database) -> None:
    """What is known of users and movies is copied with the ratings."""
    text = "MATCH (u:User) SET u.age = 20 + u.userId, u.gender = ['M', 'F'][u.userId % 2] RETURN count(u) AS n;"
    few_ratings.write(query("people", text))
    with scratch_database(dict(os.environ)) as (scratch, _):
        copy_ratings(few_ratings, scratch)
        graph, copied = pull_rating_graph(few_ratings), pull_rating_graph(scratch)
    assert graph.features.genders == ("F", "M")
    assert copied.fingerprint() == graph.fingerprint()


@pytest.mark.one_version
def test_movielens_is_pulled_whole(movielens_database: Database) -> None:
    graph = pull_rating_graph(movielens_database)
    assert (len(graph.user_ids), len(graph.movie_ids), graph.n_ratings) == (610, 9742, 100_836)
    assert graph.stars.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
    lines = (MOVIELENS / "ratings.csv").read_text().splitlines()[1:]
    expected = sorted((int(u), int(m), float(r)) for u, m, r, _ in (line.split(",") for line in lines))
    found = zip(
        graph.user_ids[graph.users].tolist(),
        graph.movie_ids[graph.movies].tolist(),
        graph.stars[graph.levels].tolist(),
        strict=True,
    )
    assert list(found) == expected
