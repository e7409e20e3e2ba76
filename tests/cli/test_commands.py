"""Every command, run as a user runs it, against a real server."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from movierec.cli.main import COMMANDS
from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from tests.conftest import Answer
from tests.servers import MOVIELENS, TestServer
from tests.small_ratings import N_RATINGS, N_USERS


def test_the_way_step_by_step(connected: Callable[..., Answer], empty_database: Database, tmp_path: Path) -> None:
    loaded = connected("load", MOVIELENS, "--format", "json")
    assert loaded.exit_code == 0, loaded.err
    counts = json.loads(loaded.out)
    assert (counts["users"], counts["movies"], counts["ratings"]) == (610, 9742, 100_836)

    stats = json.loads(connected("stats", "--min-rating", 5, "--format", "json").out)
    assert (stats["ratings"], stats["likes"][-1]["likes"]) == (100_836, 13_211)
    assert "13,211" in connected("stats", "--no-pairs").out

    derived = json.loads(connected("derive", "--preset", "keras", "--format", "json").out)
    assert derived["users"] == 573
    assert derived["likes"] == 13_211
    assert derived["movies"] == 1405
    assert derived["edges"] == 40_043
    assert derived["meanDegree"] == pytest.approx(57.0, abs=0.01)
    assert {"measure", "minRating", "minWeight", "denominator", "seconds"} <= derived.keys()

    trained = json.loads(connected("train", "--preset", "keras", "--format", "json").out)
    assert trained["walksPerEpoch"] == 7025
    assert trained["losses"][-1] < trained["losses"][0]

    similar = connected("similar", "Matrix, The (1999)")
    assert similar.exit_code == 0
    assert "Matrix, The (1999)" not in similar.out
    assert len(similar.out.splitlines()) == 12

    recommended = json.loads(connected("recommend", "--user", "1", "--format", "json").out)
    assert len(recommended) == 10
    assert recommended[0].keys() >= {"rank", "movieId", "title", "score", "because"}
    assert "liked both" in connected("recommend", "--user", 1).out
    first = recommended[0]
    explained = json.loads(connected("explain", first["title"], "--user", 1, "--format", "json").out)
    assert (explained["rank"], explained["because"][0]) == (1, first["because"][0])
    assert "people liked both" in connected("explain", first["movieId"], "--user", 1).out
    assert "MATCH link = " in connected("explain", first["movieId"], "--user", 1, "--cypher").out

    again = json.loads(connected("train", "--preset", "keras", "--format", "json").out)
    assert again["vectorsSha256"] == trained["vectorsSha256"]

    exported = json.loads(connected("export", tmp_path / "projector", "--format", "json").out)
    assert exported["movies"] == 1405
    assert connected("plot", "loss", tmp_path / "loss.png").exit_code == 0
    assert (tmp_path / "loss.png").stat().st_size > 5000

    runs = json.loads(connected("runs", "--format", "json").out)
    assert [run["stage"] for run in runs] == ["train", "train", "derive", "load"]
    assert connected("doctor").exit_code == 0

    split = json.loads(connected("split", "--format", "json").out)
    assert (split["users"], split["heldOut"]) == (603, 9475)
    assert json.loads(connected("split", "--undo", "--format", "json").out)["restored"] == 9475


@pytest.mark.parametrize("output_format", ["json", "jsonl", "csv"])
def test_formats_hold_the_same_rows(
    connected: Callable[..., Answer], keras_database: Database, output_format: str
) -> None:
    out = connected("similar", "Jumanji", "-k", 3, "--format", output_format).out
    readers: dict[str, Callable[[str], Any]] = {
        "json": json.loads,
        "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
        "csv": lambda text: list(csv.DictReader(io.StringIO(text))),
    }
    rows = readers[output_format](out)
    expected = json.loads(connected("similar", "Jumanji", "-k", 3, "--format", "json").out)
    assert connected("runs", "--format", output_format).exit_code == 0, (
        "runs of different stages have different keys"
    )
    assert [int(row["movieId"]) for row in rows] == [row["movieId"] for row in expected]


@pytest.mark.one_version
def test_evaluate_on_a_copy_of_a_few_ratings(
    connected: Callable[..., Answer], small_database: Database, tmp_path: Path
) -> None:
    """Writes nothing to the connected database, or the fixture fails."""
    more = ("--by-user", tmp_path / "users.csv", "--plot", tmp_path / "quality.png")
    answer = connected("evaluate", "--neural", "--format", "json", *more)
    assert answer.exit_code == 0, answer.err
    report = json.loads(answer.out)
    assert report["users"] == N_USERS
    assert report["sequential"] is True
    assert {
        "most_popular",
        "item_knn",
        "rp3beta",
        "ease",
        "ials",
        "markov_chain",
        "stan",
        "slist",
        "gru4rec",
        "sasrec",
        "movierec",
    } <= set(report["methods"])
    # Taste is planted: half of the 15 movies that are left are of the wrong kind.
    assert report["methods"]["movierec"]["ndcg@10"] > report["methods"]["most_popular"]["ndcg@10"]
    by_user = list(csv.DictReader((tmp_path / "users.csv").read_text().splitlines()))
    assert len(by_user) == N_USERS * len(report["methods"])
    ndcg = [float(row["ndcg@10"]) for row in by_user if row["method"] == "movierec"]
    assert sum(ndcg) / N_USERS == pytest.approx(report["methods"]["movierec"]["ndcg@10"], abs=1e-5)
    assert (tmp_path / "quality.png").stat().st_size > 10_000


@pytest.mark.one_version
def test_evaluate_a_sample_says_so(connected: Callable[..., Answer], changed_small_database: Database) -> None:
    estimated = connected("evaluate", "--users", 20, "--dry-run")
    assert estimated.exit_code == 0, estimated.err
    assert estimated.out.startswith("20 of 60 users, 40 movies, ")
    assert "rank by movierec" in estimated.out
    found = json.loads(connected("evaluate", "--users", 20, "--dry-run", "--format", "json").out)
    assert found["users"] == 20
    assert found["expectedSeconds"] > 0
    answer = connected("evaluate", "--users", 20, "--in-place")
    assert answer.exit_code == 0, answer.err
    assert answer.out.startswith("20 of 60 users (a random sample, seed 1), ")
    assert "95 % interval of ndcg@10" in answer.out.splitlines()[1]


@pytest.mark.slow
@pytest.mark.one_version
def test_evaluate_in_a_scratch_server_leaves_the_database_as_it_is(
    connected: Callable[..., Answer], keras_database: Database, tmp_path: Path
) -> None:
    def content() -> list[object]:
        names = ("pull/ratings", "pull/movies", "embedding/read", "doctor/counts")
        runs = keras_database.read(load_query("runs/list"), limit=100)
        return [runs, *(keras_database.read(load_query(name)) for name in names)]

    before = content()
    more = ("--by-user", tmp_path / "users.csv", "--plot", tmp_path / "quality.png")
    answer = connected("evaluate", "--preset", "keras", "--format", "json", *more)
    assert answer.exit_code == 0, answer.err
    report = json.loads(answer.out)
    assert report["users"] == 603
    assert report["heldOut"] == 9475
    assert set(report["methods"]) == {
        *("most_popular", "item_knn", "rp3beta", "ease", "ials", "markov_chain", "stan", "slist"),
        *("co_liked", "vectors_cosine", "vectors_kernel", "movierec"),
    }
    assert report["sequential"] is False
    assert set(report["similar"]) == {"item_knn", "co_liked", "plain_cosine", "similar"}
    assert report["genreProbe"]["genres"] > 10
    assert content() == before
    by_user = list(csv.DictReader((tmp_path / "users.csv").read_text().splitlines()))
    assert len(by_user) == 603 * len(report["methods"])
    ndcg = [float(row["ndcg@10"]) for row in by_user if row["method"] == "movierec"]
    assert sum(ndcg) / 603 == pytest.approx(report["methods"]["movierec"]["ndcg@10"], abs=1e-5)
    assert (tmp_path / "quality.png").stat().st_size > 10_000


@pytest.mark.parametrize("more", [(), ("--diversity", "0.3"), ("--genre", "Comedy", "--year", "1990..1999")])
def test_recommend_for_anybody(
    connected: Callable[..., Answer], keras_database: Database, more: tuple[str, ...]
) -> None:
    likes = ("--likes", "Matrix, The (1999)", "--likes", "Alien (1979)", "--dislikes", "Shrek (2001)")
    rows = json.loads(connected("recommend", *likes, *more, "-k", 5, "--format", "json").out)
    assert len(rows) == 5
    assert not {"Matrix, The (1999)", "Alien (1979)", "Shrek (2001)"} & {row["title"] for row in rows}
    if "--genre" in more:
        assert all("Comedy" in row["genres"] and 1990 <= row["year"] <= 1999 for row in rows)


def test_recommend_for_many_users(
    connected: Callable[..., Answer], keras_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "users.txt").write_text("9\n1\n")
    out = connected("recommend", "--users", tmp_path / "users.txt", "-k", 2, "--format", "jsonl").out
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["userId"], row["rank"]) for row in rows] == [(9, 1), (9, 2), (1, 1), (1, 2)]
    one = json.loads(connected("recommend", "--user", 1, "-k", 2, "--format", "json").out)
    assert [row["movieId"] for row in rows[2:]] == [row["movieId"] for row in one]


def test_recommend_for_people_by_what_they_liked_one_after_the_other(
    connected: Callable[..., Answer], ordered_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "people.tsv"
    path.write_text("Alien (1979)\tAliens (1986)\t1\n1\tmatrix 1999\n")
    out = connected("recommend", "--sequences", path, "-k", 3, "--genre", "Comedy", "--format", "jsonl").out
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["line"], row["rank"]) for row in rows] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert all(row["sequential"] and "Comedy" in row["genres"] for row in rows)
    then = ("--then", "Alien (1979)", "--then", "Aliens (1986)", "--then", 1)
    one = json.loads(connected("recommend", *then, "-k", 3, "--genre", "Comedy", "--format", "json").out)
    assert [row["movieId"] for row in rows[:3]] == [row["movieId"] for row in one]
    for text, said in (
        ("", "--sequences is empty"),
        ("1\t2\n\n3\n", "Line 2 is empty; expected titles or ids, separated by tabs"),
        ("1\n2\tNo Such Film At All\n", "Line 2: No movie 'No Such Film At All'"),
        ("1\tToy Story (1995)\n", "Line 1 has 'Toy Story (1995)' twice"),
    ):
        path.write_text(text)
        answer = connected("recommend", "--sequences", path)
        assert (answer.exit_code, said in answer.err) == (2, True), answer.err
    answer = connected("recommend", "--sequences", path, "--user", 1)
    assert (answer.exit_code, "--sequences has the likes of people" in answer.err) == (2, True)


def test_recommend_answers_the_question_that_is_asked(
    connected: Callable[..., Answer], ordered_database: Database
) -> None:
    lists = {}
    for asked, said in (
        ("auto", "what comes next, newer likes counting more"),
        ("on", "what comes next, newer likes counting more"),
        ("off", "what fits at any time, whatever their order"),
    ):
        answer = connected("recommend", "--user", 5, "--sequential", asked)
        assert f"From the user's likes: {said}." in answer.err
        rows = json.loads(connected("recommend", "--user", 5, "--sequential", asked, "--format", "json").out)
        assert {row["sequential"] for row in rows} == {asked != "off"}
        lists[asked] = [row["movieId"] for row in rows]
        best = rows[0]["movieId"]
        explained = json.loads(
            connected("explain", best, "--user", 5, "--sequential", asked, "--format", "json").out
        )
        assert explained["score"] == pytest.approx(rows[0]["score"], rel=1e-5)
        text = connected("recommend", "--user", 5, "--sequential", asked, "--cypher").out
        found = ordered_database.read(parse_query("tests/pasted", text))
        assert [row["movieId"] for row in found] == lists[asked]
    assert lists["auto"] == lists["on"] != lists["off"]


def test_recommend_to_everybody_goes_to_a_file(
    connected: Callable[..., Answer], small_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "lists.jsonl"
    answer = connected("recommend", "--users", "all", "-k", 2, "--output", path)
    assert answer.exit_code == 0, answer.err
    assert re.search(r"lists\.jsonl: 120 rows for 60 users, [\d,]+ users a second", answer.err)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["userId"] for row in rows} == set(range(1, 61))
    (tmp_path / "users.txt").write_text("9\n1\n")
    printed = connected("recommend", "--users", tmp_path / "users.txt", "-k", 2, "--format", "jsonl").out
    keys = ("userId", "rank", "movieId")
    expected = [[row[key] for key in keys] for user in (9, 1) for row in rows if row["userId"] == user]
    assert [[json.loads(line)[key] for key in keys] for line in printed.splitlines()] == expected
    for wrong, said in (
        (["--user", 1, "--output", path], "--output is for the lists of many"),
        (["--users", "all", "--output", tmp_path / "lists.xls"], "lists.xls is no kind of file for lists"),
        (["--users", "all", "--output", tmp_path / "none" / "lists.jsonl"], "There is no folder"),
    ):
        answer = connected("recommend", *wrong)
        assert (answer.exit_code, said in answer.err) == (2, True), answer.err


def test_recommend_prints_a_query_that_runs(connected: Callable[..., Answer], keras_database: Database) -> None:
    out = connected("recommend", "--user", 15, "--genre", "Drama", "-k", 4, "--cypher").out
    assert "{userId: 15}" in out
    assert ":param" not in out, "Neo4j Browser shows the rows of a single statement only"
    query = parse_query("tests/printed", out)
    rows = json.loads(connected("recommend", "--user", 15, "--genre", "Drama", "-k", 4, "--format", "json").out)
    found = keras_database.read(query)
    assert [row["movieId"] for row in found] == [row["movieId"] for row in rows]


@pytest.mark.one_version
def test_tune_names_the_best_blend(connected: Callable[..., Answer], small_database: Database) -> None:
    answer = connected("tune", "--format", "json")
    assert answer.exit_code == 0, answer.err
    rows = json.loads(answer.out)
    assert len(rows) == 192
    assert [row["ndcg"] for row in rows] == sorted((row["ndcg"] for row in rows), reverse=True)
    assert (
        f"--profile-temperature {rows[0]['profileTemperature']:g} --graph-weight {rows[0]['graphWeight']:g} "
        f"--prediction-weight {rows[0]['predictionWeight']:g}" in answer.err
    )


def test_fetch_prints_the_folder_alone(movierec: Callable[..., Answer], tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for name in ("ratings.csv", "movies.csv", "links.csv", "tags.csv", "README.txt"):
            archive.write(MOVIELENS / name, f"ml-latest-small/{name}")
    answer = movierec(
        "fetch", "ml-latest-small", "--from-file", tmp_path / "mine.zip", MOVIEREC_CACHE=str(tmp_path / "cache")
    )
    assert answer.exit_code == 0, answer.err
    assert Path(answer.out.strip()) == tmp_path / "cache" / "datasets" / "ml-latest-small"


def test_password_file_is_read_and_not_shown(
    movierec: Callable[..., Answer],
    neo4j_server: TestServer,
    tmp_path: Path,
) -> None:
    settings = neo4j_server.settings
    (tmp_path / "password").write_text(settings.password + "\n")
    answer = movierec("-v", "runs", "--uri", settings.uri, "--password-file", tmp_path / "password")
    assert answer.exit_code == 0, answer.err
    assert settings.password not in answer.out + answer.err


def test_every_command_is_run_by_some_test() -> None:
    here = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in COMMANDS if f'"{name}"' not in here] == []


@pytest.mark.one_version
def test_rating_model_learns_the_planted_taste(
    connected: Callable[..., Answer], changed_small_database: Database, tmp_path: Path
) -> None:
    home = {"MOVIEREC_HOME": str(tmp_path / "home")}
    said = connected("rating-model", "predict", "--user", 1, **home)
    assert said.exit_code == 5
    assert "movierec rating-model train" in said.err
    few = ("--embedding-size", 8, "--epochs", 30, "--batch-size", 200)
    trained = json.loads(connected("rating-model", "train", *few, "--format", "json", **home).out)
    assert (trained["ratings"], trained["trainedEpochs"], trained["vectorsWritten"]) == (N_RATINGS, 30, False)
    rows = json.loads(connected("rating-model", "predict", "--user", 1, "-k", 5, "--format", "json", **home).out)
    assert [row["movieId"] % 2 for row in rows] == [1] * 5, "user 1 likes movies with odd ids"
    asked = connected("rating-model", "predict", "--user", 1, "--movie", "Lion King, The (1994)", **home)
    assert "Lion King, The (1994)" in asked.out, asked.err
    both = connected("rating-model", "predict", "--user", 1, "--movie", "2", "--year", "1994", **home)
    assert both.exit_code == 2
    assert "expected it without conditions on movies" in both.err
    before = changed_small_database.read(load_query("doctor/counts"))
    answer = connected("rating-model", "evaluate", *few, "--format", "json", **home)
    assert answer.exit_code == 0, answer.err
    report = json.loads(answer.out)
    assert report["ratings"] + report["heldOut"] == N_RATINGS
    assert report["methods"]["movierec"]["rmse"] < report["methods"]["global_mean"]["rmse"]
    assert changed_small_database.read(load_query("doctor/counts")) == before


@pytest.mark.slow
@pytest.mark.one_version
def test_rating_model_trains_predicts_and_is_evaluated(
    connected: Callable[..., Answer], changed_movielens_database: Database, tmp_path: Path
) -> None:
    home = {"MOVIEREC_HOME": str(tmp_path / "home")}
    said = connected("rating-model", "predict", "--user", 1, **home)
    assert said.exit_code == 5
    assert "movierec rating-model train" in said.err
    few = ("--embedding-size", 8, "--epochs", 2)
    trained = json.loads(connected("rating-model", "train", *few, "--format", "json", **home).out)
    assert (trained["ratings"], trained["trainedEpochs"], trained["vectorsWritten"]) == (100_836, 2, False)
    more = ("--genre", "Comedy", "--min-ratings", 20, "-k", 5)
    rows = json.loads(connected("rating-model", "predict", "--user", 1, *more, "--format", "json", **home).out)
    assert len(rows) == 5
    assert all("Comedy" in row["genres"] and row["runId"] == trained["runId"] for row in rows)
    asked = connected("rating-model", "predict", "--user", 1, "--movie", "Toy Story (1995)", **home)
    assert "Toy Story (1995)" in asked.out, asked.err
    both = connected(
        "rating-model", "predict", "--user", 1, "--movie", "Toy Story (1995)", "--year", "1995", **home
    )
    assert both.exit_code == 2
    assert "expected it without conditions on movies" in both.err
    before = changed_movielens_database.read(load_query("doctor/counts"))
    answer = connected("rating-model", "evaluate", *few, "--format", "json", **home)
    assert answer.exit_code == 0, answer.err
    report = json.loads(answer.out)
    assert report["protocol"] == "newest 20% of the ratings of users with 5 or more"
    assert report["ratings"] + report["heldOut"] == 100_836
    assert 0.8 < report["methods"]["biases"]["rmse"] < 1.0
    assert changed_movielens_database.read(load_query("doctor/counts")) == before
