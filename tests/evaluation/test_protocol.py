from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.arrays import Adjacency
from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest, StageMissing
from movierec.evaluation import estimate, protocol
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.protocol import evaluate_in
from movierec.evaluation.tables import Catalogue
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.recommendation.in_database import recommend
from movierec.recommendation.request import RecommendationRequest
from tests.evaluation.cases import cases_of
from tests.servers import SMALL_DERIVE, SMALL_TRAIN


@pytest.mark.slow
@pytest.mark.one_version
def test_default_model_is_above_every_baseline(changed_movielens_database: Database, tmp_path: Path) -> None:
    tables: dict[str, pd.DataFrame] = {}
    settings = (SplitSettings(), DeriveSettings(), TrainSettings())
    report = evaluate_in(changed_movielens_database, *settings, tmp_path, by_user=tables.update)
    assert (report.users, report.held_out, report.train_likes) == (603, 9475, 39_105)
    assert (report.sequential, report.against, report.seeds) == (True, "ease", (1,))
    methods = report.methods
    expected = {
        "most_popular": 0.0772,
        "item_knn": 0.1162,
        "ease": 0.1351,
        "ials": 0.1268,
        "stan": 0.1268,
        "slist": 0.1420,
    }
    for name, ndcg in expected.items():
        assert methods[name]["ndcg@10"] == pytest.approx(ndcg, abs=5e-4), name
    assert methods["most_popular"]["coverage@10"] == pytest.approx(0.010, abs=5e-4)
    ease, ours = methods["ease"], methods["movierec"]
    assert ours["ndcg@10"] > 1.05 * ease["ndcg@10"]
    assert ours["coverage@10"] > 1.25 * ease["coverage@10"]
    assert methods["profile_vectors"]["ndcg@10"] > 0.95 * ease["ndcg@10"]
    assert methods["vectors_kernel"]["ndcg@10"] > 0.72 * ease["ndcg@10"]
    difference = report.differences["movierec"]
    assert difference.ndcg == pytest.approx(ours["ndcg@10"] - ease["ndcg@10"])
    assert difference.ratio == pytest.approx(ours["ndcg@10"] / ease["ndcg@10"])
    assert difference.interval[0] < difference.ndcg < difference.interval[1]
    assert sum(group["users"] for group in report.strata["likes in training"].values()) == 603
    similar = report.similar
    assert similar["similar"]["next_like_ndcg@10"] > 0.9 * similar["item_knn"]["next_like_ndcg@10"]
    assert similar["similar"]["genres_in_common"] > 0.3
    assert report.genre_probe.average_precision > 2 * report.genre_probe.by_chance
    assert len(tables["movierec"]) == 603
    assert tables["movierec"]["ndcg@10"].mean() == pytest.approx(ours["ndcg@10"])


def test_evaluation_of_too_few_users_says_so(empty_database: Database, tmp_path: Path) -> None:
    for name in ("movies", "links", "ratings"):
        (tmp_path / f"{name}.csv").write_text(
            {
                "movies": "movieId,title,genres\n1,A (2000),Drama\n2,B (2000),Drama\n",
                "links": "movieId,imdbId,tmdbId\n1,1,1\n2,2,2\n",
                "ratings": "userId,movieId,rating,timestamp\n1,1,4.0,1\n1,2,4.0,2\n",
            }[name]
        )
    load_ratings(empty_database, tmp_path)
    with pytest.raises(BadRequest, match="0 users have 5 likes or more"):
        evaluate_in(empty_database, SplitSettings(), DeriveSettings(), TrainSettings(), tmp_path)


def write_ratings(path: Path) -> list[tuple[int, int, float]]:
    """60 users with 25 ratings each of 40 movies, two a second."""
    generator = np.random.default_rng(5)
    ratings = [
        (user, int(movie) + 1, int(generator.integers(5, 11)) / 2, 10**9 + second // 2)
        for user in range(1, 61)
        for second, movie in enumerate(generator.permutation(40)[:25])
    ]
    path.write_text("userId,movieId,rating,timestamp\n" + "".join(f"{u},{m},{r},{t}\n" for u, m, r, t in ratings))
    return [rating[:3] for rating in ratings]


@pytest.mark.one_version
def test_likes_in_a_test_file_are_asked_for(empty_database: Database, tmp_path: Path) -> None:
    ratings = write_ratings(tmp_path / "ratings.csv")
    load_ratings(empty_database, tmp_path / "ratings.csv")
    held_out = ratings[20:300:7]
    (tmp_path / "test").mkdir()
    lines = "".join(f"{user},{movie},{stars},1\n" for user, movie, stars in held_out)
    (tmp_path / "test" / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + lines)
    split = SplitSettings(strategy="canonical", test_file=str(tmp_path / "test" / "ratings.csv"))
    derive = DeriveSettings(min_weight=0.1, sequential="off")
    report = evaluate_in(empty_database, split, derive, TrainSettings(epochs=1, profile_epochs=3), tmp_path)
    likes = [(user, movie) for user, movie, stars in held_out if stars >= 4]
    assert 10 < len(likes) < len(held_out)
    assert report.held_out == len(likes)
    assert report.users == len({user for user, _ in likes})
    assert report.protocol.startswith("the ratings in")


@pytest.mark.one_version
def test_sample_is_evaluated_without_what_needs_too_much_memory(
    changed_small_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(estimate, "available_bytes", lambda: 1_000)
    tables: dict[str, pd.DataFrame] = {}
    settings = (SplitSettings(), SMALL_DERIVE, SMALL_TRAIN)
    report = evaluate_in(changed_small_database, *settings, tmp_path, n_users=20, by_user=tables.update)
    assert (report.users, report.sampled_from) == (20, 60)
    assert {len(table) for table in tables.values()} == {20}
    assert set(report.left_out) == {"ease", "rp3beta", "slist"}
    assert "ease is left out: for 40 movies it needs 0.0 GB of memory" in caplog.text
    assert not set(report.left_out) & set(report.methods)
    assert report.against == "item_knn"
    assert set(report.differences) == set(report.methods) - {"item_knn"}
    for name, (low, high) in report.intervals.items():
        assert low < report.methods[name]["ndcg@10"] < high
    with pytest.raises(BadRequest, match="sample of 1 users"):
        evaluate_in(changed_small_database, *settings, tmp_path, n_users=1)


def test_a_sample_is_suggested_where_ranking_takes_long(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cases = cases_of(*[([0], [1])] * 40)
    catalogue = Catalogue(
        movie_ids=np.arange(2),
        like_counts=np.ones(2),
        genres=np.ones((2, 1), dtype=bool),
        n_rated_movies=2,
        n_users=40,
    )
    nothing = np.empty(0, np.int64)
    data = EvaluationData(
        cases=cases,
        n_held_out_users=40,
        catalogue=catalogue,
        likes=cases.users.likes,
        co_liked=Adjacency.from_undirected(2, nothing, nothing, np.empty(0)),
    )
    monkeypatch.setattr(protocol, "slowness", lambda: 1e9)
    protocol.suggest_a_sample(data, 1)
    assert not caplog.text, "40 users are no more than would be suggested"
    monkeypatch.setattr(protocol, "SUGGESTED", 10)
    protocol.suggest_a_sample(data, 1)
    assert "Ranking for 40 users takes about" in caplog.text
    assert "--users 10" in caplog.text


SHUFFLE = (
    "// Every held-out like gets five stars, a century later.\n// Parameters: none.\n// Returns: n.\n"
    "MATCH ()-[h:HELD_OUT]->() SET h.rating = 5.0, h.timestamp = h.timestamp + 3000000000 RETURN count(h) AS n;"
)
DELETE = (
    "// The held-out likes go.\n// Parameters: none.\n// Returns: n.\n"
    "MATCH ()-[h:HELD_OUT]->() DELETE h RETURN count(h) AS n;"
)


@pytest.mark.one_version
@pytest.mark.parametrize("sequential", ["on", "off"])
def test_held_out_ratings_reach_nothing(empty_database: Database, tmp_path: Path, sequential: str) -> None:
    """Other held-out ratings, or none, and the same training part: same graph, same bytes, same lists."""
    database = empty_database
    write_ratings(tmp_path / "ratings.csv")
    load_ratings(database, tmp_path / "ratings.csv")
    split_ratings(database, SplitSettings())
    assert database.read_one(load_query("split/held_out"))["heldOut"] > 100

    def made() -> tuple[object, ...]:
        derived = derive_co_liked(database, DeriveSettings(min_weight=0.1, sequential=sequential))
        trained = train_and_write(
            database, TrainSettings(sequential=sequential, epochs=1, profile_epochs=3), tmp_path / "checks"
        )
        lists = [
            [row.movie_id for row in recommend(database, RecommendationRequest(user), 0)]
            for user in (1, 20, 40, 60)
        ]
        return (
            derived.edges,
            derived.followed_by,
            derived.likes,
            trained.graph_fingerprint,
            trained.vectors_sha256,
            trained.profiles_sha256,
            lists,
        )

    before = made()
    assert before[1] or sequential == "off"
    for change in (SHUFFLE, DELETE):
        assert database.write(parse_query("tests/change", change))[0]["n"] > 100
        assert made() == before


@pytest.mark.one_version
def test_graph_of_before_the_split_is_refused(changed_small_database: Database) -> None:
    pull_evaluation_data(changed_small_database, 4.0)
    split_ratings(changed_small_database, SplitSettings())
    with pytest.raises(StageMissing, match=r"derived before the ratings were split.*movierec derive"):
        pull_evaluation_data(changed_small_database, 4.0)
    derive_co_liked(changed_small_database, SMALL_DERIVE)
    assert len(pull_evaluation_data(changed_small_database, 4.0).cases) > 0
