from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from movierec.database.connection import Database, Transaction
from movierec.database.query_files import Query, load_query, parse_query
from movierec.database.runs import latest_run, live_run, record_run
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write, write_embeddings
from movierec.errors import MovieRecError, StageMissing
from movierec.home import Home
from movierec.recommendation.in_database import recommend
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest
from tests.killing import kill_at_commit
from tests.servers import SMALL_TRAIN, TestServer
from tests.squeezed import SqueezedServer


def vectors(database: Database) -> tuple[list[int], np.ndarray]:
    rows = database.read(load_query("embedding/read"))
    return [row["movieId"] for row in rows], np.array([row["embedding"] for row in rows])


def test_keras_preset_walks_and_learns_as_the_example_does(keras_database: Database) -> None:
    run = live_run(keras_database)
    assert run is not None
    assert (run["walksPerEpoch"], run["walkLength"], run["epochs"]) == (7025, 10, 10)
    assert len(run["losses"]) == 10
    assert max(run["losses"][5:]) < min(run["losses"][:2]), "other walks in every epoch, and a loss that falls"
    movie_ids, matrix = vectors(keras_database)
    assert matrix.shape == (1405, 50)
    found = Embeddings(movie_ids=np.array(movie_ids), vectors=matrix.astype(np.float32), losses=())
    assert found.sha256() == run["vectorsSha256"], "what was written is what is read"


@pytest.mark.one_version
def test_second_training_changes_no_byte(changed_small_database: Database, neo4j_server: TestServer) -> None:
    before = vectors(changed_small_database)
    first = live_run(changed_small_database)
    train_and_write(changed_small_database, SMALL_TRAIN, neo4j_server.checkpoints)
    after = vectors(changed_small_database)
    second = live_run(changed_small_database)
    assert before[0] == after[0]
    assert np.array_equal(before[1], after[1])
    assert first is not None
    assert second is not None
    assert first["runId"] != second["runId"]
    assert first["vectorsSha256"] == second["vectorsSha256"]


PREDICTIONS = parse_query(
    "tests/predictions",
    "// How many predictions there are of each generation.\n// Parameters: none.\n// Returns: generation; n.\n"
    "MATCH (:Movie)-[p:PREDICTS]->(:Movie) RETURN p.generation AS generation, count(*) AS n ORDER BY generation;",
)


ENCODERS = parse_query(
    "tests/encoders",
    "// Encoders, and movies that they know.\n// Parameters: none.\n// Returns: encoders; movies; unordered.\n"
    "RETURN COUNT { (:UserEncoder) } AS encoders, "
    "COUNT { (m:Movie) WHERE m.encoderEmbedding IS NOT NULL } AS movies, "
    "COUNT { (m:Movie) WHERE m.unorderedEncoderEmbedding IS NOT NULL } AS unordered;",
)

PROFILE_SIZES = parse_query(
    "tests/profile_sizes",
    "// Numbers of profile vectors.\n// Parameters: none.\n// Returns: ordered; unordered.\n"
    "MATCH (m:Movie) RETURN max(size(m.profileEmbedding)) AS ordered, "
    "max(size(m.unorderedProfileEmbedding)) AS unordered;",
)
WITHOUT_GENRE_DIMENSIONS = parse_query(
    "tests/without_genre_dimensions",
    "// A Run that does not know.\n// Parameters: none.\n// Returns: nothing.\n"
    "MATCH (run:Run {live: true}) REMOVE run.genreDimensions;",
)
MANY_MOVIES = parse_query(
    "tests/many_movies",
    "// Movies.\n// Parameters: n INTEGER.\n// Returns: nothing.\n"
    "UNWIND range(1, $n) AS i CALL (i) { CREATE (:Movie {movieId: i}) } IN TRANSACTIONS OF 1000 ROWS;",
)
WITHOUT_GENRES = parse_query(
    "tests/without_genres",
    "// Movies without genres.\n// Parameters: none.\n// Returns: nothing.\nMATCH (m:Movie) SET m.genres = [];",
)


def generations(database: Database) -> dict[int, int]:
    """generation -> how many predictions."""
    return {row["generation"]: row["n"] for row in database.read(PREDICTIONS)}


@pytest.mark.both_versions
def test_predictions_of_the_last_training_stay_until_those_of_the_next_are_live(
    changed_small_database: Database, neo4j_server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, settings = changed_small_database, replace(SMALL_TRAIN, seed=7)
    before, live = generations(database), live_run(database)
    assert live is not None
    assert before == {
        live["predictionGeneration"]: live["predictions"],
        live["unorderedPredictionGeneration"]: live["unorderedPredictions"],
    }
    assert min(before.values()) > 100
    real = Transaction.run

    def cut_off(self: Transaction, query: Query, **parameters: object) -> object:
        if query.name == "embedding/write":
            raise ConnectionResetError("the connection was cut")
        return real(self, query, **parameters)

    def answer() -> list[tuple[int | str, float]]:
        rows = [
            row
            for sequential in (True, False)
            for row in recommend(database, RecommendationRequest(1, sequential=sequential))
        ]
        return [(row.movie_id, row.score) for row in rows]

    first = answer()
    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "run", cut_off)
        with pytest.raises(ConnectionResetError):
            train_and_write(database, settings, neo4j_server.checkpoints)
    assert set(generations(database)) == {0, 1, 2, 3}, (
        "those of the training that failed are there, but nobody reads them"
    )
    assert answer() == first
    train_and_write(database, settings, neo4j_server.checkpoints)
    now = live_run(database)
    assert now is not None
    assert now["predictionGeneration"] == 1 - live["predictionGeneration"]
    assert generations(database) == {
        now["predictionGeneration"]: now["predictions"],
        now["unorderedPredictionGeneration"]: now["unorderedPredictions"],
    }
    assert now["predictionsSha256"] == live["predictionsSha256"], "they do not depend on the seed"


@pytest.mark.one_version
def test_training_that_is_killed_leaves_the_live_predictions_whole_or_says_that_they_are_not(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    database = changed_small_database
    live = live_run(database)
    assert live is not None
    expected = [(row.movie_id, row.prediction_score) for row in recommend(database, RecommendationRequest(1))]
    script = (
        "import os\n"
        "from pathlib import Path\n"
        "from movierec.database.connection import Database\n"
        "from movierec.database.settings import ConnectionSettings\n"
        "from movierec.embedding.stage import train_and_write\n"
        "from tests.servers import SMALL_TRAIN\n"
        "settings = ConnectionSettings(os.environ['URI'], os.environ['NAME'], os.environ['PASSWORD'])\n"
        "with Database(settings) as database:\n"
        f"    train_and_write(database, SMALL_TRAIN, Path({str(neo4j_server.checkpoints)!r}))\n"
    )
    seen = set()
    for at_commit in (9, 10, 11):  # before predictions are written, after the first, and after the second
        kill_at_commit(script, neo4j_server.settings, at_commit)
        now = live_run(database)
        assert now is not None
        assert now["runId"] == live["runId"]
        seen.add(len(generations(database)))
        rows = recommend(database, RecommendationRequest(1))
        assert [(row.movie_id, row.prediction_score) for row in rows] == expected
    assert seen == {2, 3, 4}
    kill_at_commit(script, neo4j_server.settings, 13)  # the new vectors may be there
    with pytest.raises(StageMissing, match="not whole"):
        recommend(database, RecommendationRequest(1))
    train_and_write(database, SMALL_TRAIN, neo4j_server.checkpoints)
    assert len(generations(database)) == 2


def test_training_without_predictions_deletes_those_of_the_last_and_scores_without(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    assert recommend(changed_small_database, RecommendationRequest(1))[0].prediction_score > 0
    settings = replace(SMALL_TRAIN, prediction_weight=0.0)
    assert train_and_write(changed_small_database, settings, neo4j_server.checkpoints).predictions is None
    assert generations(changed_small_database) == {}
    rows = recommend(changed_small_database, RecommendationRequest(1))
    assert rows
    assert not any(row.prediction_score for row in rows)
    assert all(sum(row.scores) == pytest.approx(row.score) for row in rows)


def test_training_without_profiles_and_encoder_recommends_by_the_graph_alone(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    database = changed_small_database
    assert recommend(database, RecommendationRequest(1))[0].encoder_score > 0
    for settings in (replace(SMALL_TRAIN, profile_epochs=0), replace(SMALL_TRAIN, encoder_weight=0.0)):
        trained = train_and_write(database, settings, neo4j_server.checkpoints)
        assert (trained.encoder, trained.encoder_movies, trained.unordered_encoder) == (None, None, None)
        assert database.read_one(ENCODERS) == {"encoders": 0, "movies": 0, "unordered": 0}
        rows = recommend(database, RecommendationRequest(1))
        assert rows
        assert not any(row.encoder_score for row in rows)
        assert [row.movie_id for row in rows] == [
            row.movie_id for row in Recommender(database).recommend(RecommendationRequest(1))
        ]
    train_and_write(database, SMALL_TRAIN, neo4j_server.checkpoints)
    assert database.read_one(ENCODERS) == {"encoders": 2, "movies": 40, "unordered": 40}
    train_and_write(database, replace(SMALL_TRAIN, sequential="off"), neo4j_server.checkpoints)
    assert database.read_one(ENCODERS) == {"encoders": 1, "movies": 0, "unordered": 40}, "the old ones are gone"
    assert recommend(database, RecommendationRequest(1))[0].encoder_score > 0


def test_genres_are_dimensions_of_the_profile_vectors_where_movies_have_some(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    database = changed_small_database
    with_genres = train_and_write(database, SMALL_TRAIN, neo4j_server.checkpoints)
    assert with_genres.genre_dimensions == 3  # Drama, Action, War
    assert database.read_one(PROFILE_SIZES) == {"ordered": 3 + 2 * 16, "unordered": 3 + 16}
    for settings in (replace(SMALL_TRAIN, genre_weight=0.0), SMALL_TRAIN):
        trained = train_and_write(database, settings, neo4j_server.checkpoints)
        assert trained.genre_dimensions == 0
        database.write(WITHOUT_GENRE_DIMENSIONS)  # as a training of before there were any left it
        assert database.read_one(PROFILE_SIZES) == {"ordered": 2 * 16, "unordered": 16}
        rows = recommend(database, RecommendationRequest(1))
        assert [row.movie_id for row in rows] == [
            row.movie_id for row in Recommender(database).recommend(RecommendationRequest(1))
        ]
        database.write(WITHOUT_GENRES)


@pytest.mark.both_versions
def test_writing_that_fails_leaves_the_last_vectors_live(
    changed_small_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, live = vectors(changed_small_database), live_run(changed_small_database)
    real = Transaction.run

    def cut_off(self: Transaction, query: Query, **parameters: object) -> object:
        if query.name == "embedding/write":
            raise ConnectionResetError("the connection was cut")
        return real(self, query, **parameters)

    monkeypatch.setattr(Transaction, "run", cut_off)
    new = Embeddings(
        movie_ids=np.array(before[0]), vectors=np.ones((len(before[0]), 3), dtype=np.float32), losses=()
    )

    def write() -> None:
        with record_run(changed_small_database, "train", {}) as run:
            write_embeddings(changed_small_database, new, run)

    with pytest.raises(Exception, match="cut"):
        write()
    monkeypatch.undo()
    assert np.array_equal(vectors(changed_small_database)[1], before[1])
    assert live_run(changed_small_database) == live
    failed = latest_run(changed_small_database, "train")
    assert failed is not None
    assert failed["status"] == "failed"


@pytest.mark.one_version
def test_training_that_diverges_leaves_the_last_vectors_live(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    before, live = vectors(changed_small_database), live_run(changed_small_database)
    settings = TrainSettings.from_preset("keras", learning_rate=1e38, epochs=2)
    with pytest.raises(MovieRecError, match=r"diverged.*--learning-rate"):
        train_and_write(changed_small_database, settings, neo4j_server.checkpoints)
    assert np.array_equal(vectors(changed_small_database)[1], before[1])
    assert live_run(changed_small_database) == live


@pytest.mark.one_version
@pytest.mark.slow
@pytest.mark.embedded
def test_vectors_that_are_too_many_for_one_transaction_are_written_in_batches(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    server = SqueezedServer(Home(tmp_path / "home"), "16m")
    server.start()
    try:
        with Database(server.settings()) as database:
            database.run_batches(MANY_MOVIES, n=10_000)
            for n in (10_000, 5_000):  # the second time old ones are replaced, and those of 5,000 movies go
                drawn = np.random.default_rng(n).normal(size=(n, 64)).astype(np.float32)
                new = Embeddings(movie_ids=np.arange(1, n + 1), vectors=drawn, losses=())
                caplog.clear()
                with record_run(database, "train", {}, single_transaction=True) as run:
                    write_embeddings(database, new, run)
                assert run.results == {"single_transaction": False}
                assert "too large for one transaction" in caplog.text
                movie_ids, matrix = vectors(database)
                assert movie_ids == new.movie_ids.tolist()
                assert np.array_equal(matrix, new.vectors)
                live = live_run(database)
                assert live is not None
                assert live["runId"] == run.run_id
    finally:
        server.discard()


def test_vectors_of_another_length_replace_the_old_ones(changed_small_database: Database) -> None:
    database = changed_small_database
    for size, ids in ((3, [1, 2, 3]), (5, [2, 3])):
        new = Embeddings(
            movie_ids=np.array(ids), vectors=np.eye(len(ids), size, dtype=np.float32) + 0.5, losses=()
        )
        with record_run(database, "train", {}) as run:
            write_embeddings(database, new, run)
        movie_ids, matrix = vectors(database)
        assert movie_ids == ids
        assert np.array_equal(matrix, new.vectors)


@pytest.mark.one_version
def test_training_before_derive_names_it(empty_database: Database, neo4j_server: TestServer) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        train_and_write(empty_database, TrainSettings(), neo4j_server.checkpoints)


@pytest.mark.one_version
def test_warm_start_without_vectors_is_refused(changed_small_database: Database, neo4j_server: TestServer) -> None:
    settings = TrainSettings.from_preset("keras", warm_start=True)
    changed_small_database.write(load_query("embedding/clear"))
    with pytest.raises(StageMissing, match=r"No movie has a vector.*without --warm-start"):
        train_and_write(changed_small_database, settings, neo4j_server.checkpoints)
