from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.embedding.settings import TrainSettings
from movierec.errors import BadRequest
from movierec.evaluation.protocol import evaluate_in
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings


@pytest.mark.one_line
def test_default_model_is_clearly_above_most_popular(spoilt_movielens_database: Database, tmp_path: Path) -> None:
    report = evaluate_in(spoilt_movielens_database, SplitSettings(), DeriveSettings(), TrainSettings(), tmp_path)
    assert (report["users"], report["held_out"], report["train_likes"]) == (603, 9475, 39_105)
    methods = report["methods"]
    assert methods["most_popular"]["ndcg@10"] == pytest.approx(0.0772, abs=5e-5)
    assert methods["most_popular"]["coverage@10"] == pytest.approx(0.010, abs=5e-4)
    assert methods["movierec"]["ndcg@10"] > 0.115
    difference = report["against_most_popular"]["movierec"]
    assert difference["ndcg@10"] == pytest.approx(
        methods["movierec"]["ndcg@10"] - methods["most_popular"]["ndcg@10"]
    )
    assert difference["ndcg@10"] > 4 * difference["standard_error"]


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


def test_held_out_ratings_cannot_reach_the_model(spoilt_movielens_database: Database, tmp_path: Path) -> None:
    """Other held-out ratings, same training part: the same model, byte for byte."""
    database = spoilt_movielens_database
    settings = (SplitSettings(), DeriveSettings.from_preset("keras"), TrainSettings.from_preset("keras", epochs=1))
    evaluate_in(database, *settings, tmp_path)
    before = database.read(load_query("runs/live"))[0]["run"]
    database.write(
        parse_query(
            "tests/shuffle",
            "// Every held-out like gets five stars, a century later.\n// Parameters: none.\n// Returns: n.\n"
            "MATCH ()-[h:HELD_OUT]->() SET h.rating = 5.0, h.timestamp = h.timestamp + 3000000000 "
            "RETURN count(h) AS n;",
        )
    )
    evaluate_in(database, *settings, tmp_path)
    after = database.read(load_query("runs/live"))[0]["run"]
    assert before["runId"] != after["runId"]
    assert before["vectorsSha256"] == after["vectorsSha256"]
