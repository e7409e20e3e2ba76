from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query, parse_query, with_literals
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest, NotFound, StageMissing
from movierec.graph.derive import derive_co_liked
from movierec.lookup.filters import Filters, stored_genres, year_range
from movierec.recommendation.history import read_history
from movierec.recommendation.in_database import explain, recommend, recommendation_query
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.reasons import reason_in_words, reasons_from
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Reason, Recommendation
from movierec.recommendation.scoring import like_ages
from tests.servers import SMALL_DERIVE, SMALL_TRAIN, TestServer

RATED = parse_query(
    "tests/rated",
    "// Rated.\n// Parameters: userId INTEGER.\n// Returns: rows.\n"
    "MATCH (:User {userId: $userId})-[r:RATED]->(m:Movie) RETURN m.movieId AS movieId, r.rating AS rating, "
    "r.timestamp AS timestamp ORDER BY timestamp DESC, movieId;",
)
BOTH = parse_query(
    "tests/both",
    "// Users who like both.\n// Parameters: a INTEGER; b INTEGER; minRating FLOAT.\n// Returns: counts.\n"
    "MATCH (a:Movie {movieId: $a}), (b:Movie {movieId: $b}) RETURN "
    "COUNT { MATCH (a)<-[r1:RATED]-(:User)-[r2:RATED]->(b) WHERE r1.rating >= $minRating "
    "AND r2.rating >= $minRating } AS both, "
    "COUNT { (a)<-[r:RATED WHERE r.rating >= $minRating]-() } AS a, "
    "COUNT { (b)<-[r:RATED WHERE r.rating >= $minRating]-() } AS b;",
)
UNLIKED = parse_query(
    "tests/unliked",
    "// Liked by nobody.\n// Parameters: none.\n// Returns: movieId.\n"
    "MATCH (m:Movie) WHERE m.likeIndex IS NULL RETURN m.movieId AS movieId ORDER BY movieId LIMIT 1;",
)
SET_PROFILE = parse_query(
    "tests/set_profile",
    "// Another vector.\n// Parameters: vector LIST.\n// Returns: nothing.\n"
    "MATCH (m:Movie {movieId: 5}) SET m.profileEmbedding = $vector;",
)
UNLIKE = parse_query(
    "tests/unlike",
    "// Nobody likes the movie any more.\n// Parameters: movieId.\n// Returns: n.\n"
    "MATCH (u:User)-[r:RATED]->(m:Movie {movieId: $movieId}) SET r.rating = 1.0, m:Changed, u:Changed "
    "RETURN count(r) AS n;",
)
EVERYTHING = parse_query(
    "tests/everything",
    "// All there is.\n// Parameters: sequential; generation.\n// Returns: rows.\n"
    "MATCH (m:Movie) WHERE m.likeIndex >= 0 RETURN m.movieId AS id, m.likeCount AS likes, m.year AS year, "
    "m.genres AS genres, "
    "CASE WHEN $sequential THEN m.profileEmbedding ELSE m.unorderedProfileEmbedding END AS p, "
    "CASE WHEN $sequential THEN m.contextEmbedding ELSE m.unorderedContextEmbedding END AS o, "
    "CASE WHEN $sequential THEN m.likeBias ELSE m.unorderedLikeBias END AS b, "
    "COUNT { (m)<-[:RATED]-() } AS ratings, "
    "[(m)-[f:FOLLOWED_BY]->(x) | [x.movieId, f.weight]] AS followed, "
    "[(m)-[c:CO_LIKED]-(x) | [x.movieId, c.weight]] AS coLiked, "
    "CASE WHEN $sequential THEN m.encoderEmbedding ELSE m.unorderedEncoderEmbedding END AS v, "
    "CASE WHEN $sequential THEN m.encoderBias ELSE m.unorderedEncoderBias END AS c, "
    "[(m)-[p:PREDICTS {generation: $generation}]->(x) | [x.movieId, p.weight]] AS predicted ORDER BY id;",
)


def test_ten_unseen_movies_best_first(ordered_database: Database) -> None:
    rows = recommend(ordered_database, RecommendationRequest(1))
    rated = {row["movieId"] for row in ordered_database.read(RATED, userId=1)}
    assert len(rows) == 10
    assert not rated & {row.movie_id for row in rows}
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    assert {(row.sequential, row.basis) for row in rows} == {(True, "likes")}


def test_reasons_are_true(ordered_database: Database) -> None:
    liked = {row["movieId"] for row in ordered_database.read(RATED, userId=1) if row["rating"] >= 5.0}
    for row in recommend(ordered_database, RecommendationRequest(1, k=5)):
        assert 1 <= len(row.because) <= 3
        assert sum(reason.share for reason in row.because) <= 1 + 1e-9
        for reason in row.because:
            assert reason.movie_id in liked
            counts = ordered_database.read_one(BOTH, a=reason.movie_id, b=row.movie_id, minRating=5.0)
            assert reason.count == counts["both"]
            assert reason.lift == pytest.approx(counts["both"] * 573 / (counts["a"] * counts["b"]))


def test_reason_in_words() -> None:
    because = [Reason(movie_id=1, title="Alien (1979)", count=41, lift=3.24, share=0.2)]
    assert reason_in_words(because) == "you liked Alien (1979): 41 people liked both, 3.2 x chance"
    assert "1 person liked both" in reason_in_words([replace(because[0], count=1)])
    after = reason_in_words([replace(because[0], followed=11.0)])
    assert after == "you liked Alien (1979): 41 people liked both, often this soon after, 3.2 x chance"
    assert reason_in_words([replace(because[0], followed=9.0)]) == reason_in_words(because), "not often"
    assert reason_in_words([]) == "near what you like"


def test_most_convincing_reason_comes_first() -> None:
    """Of likes that contribute alike: many people who like both often, before few, and before what is chance."""
    row = Recommendation(
        rank=1,
        movie_id=9,
        title="Aliens (1986)",
        year=1986,
        genres=(),
        like_count=80,
        score=1.0,
        profile_score=1.0,
        graph_score=0.0,
        sequential=True,
    )
    liked = [1, 2, 3, 4, 5, 6]
    contribution = np.array([0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    counts_and_lifts = [(190, 1.2), (79, 4.2), (1, 30.0), (4, 9.0), (50, 0.9)]
    links: dict[tuple[int | str, int | str], Row] = {
        (one, 9): {"likedId": one, "liked": str(one), "count": count, "lift": lift, "followed": 20.0}
        for one, (count, lift) in zip(liked, counts_and_lifts, strict=False)
    }
    found = reasons_from(contribution, liked, row, links, 10)
    assert [reason.movie_id for reason in found] == [2, 4, 1, 3]
    assert [reason.share for reason in found] == pytest.approx([0.2, 0.15, 0.3, 0.2])
    assert [reason.movie_id for reason in reasons_from(contribution, liked, row, links, 2)] == [2, 4]
    assert {reason.followed for reason in found} == {20.0}
    unordered = replace(row, sequential=False)
    assert {reason.followed for reason in reasons_from(contribution, liked, unordered, links, 3)} == {None}


def by_hand(
    database: Database,
    movies: dict[int | str, Row],
    request: RecommendationRequest,
    min_rating: float,
    run: Row,
) -> list[tuple[int | str, float]]:
    """The whole list by dictionaries and loops over everything: (movieId, score), best first.

    `run` has the settings under the names of a training for this question alone.
    """
    sequential = run["sequential"] == "on"
    rated = database.read(RATED, userId=request.user_id) if request.user_id else []
    seen = {row["movieId"] for row in rated} | set(request.named) | set(request.dislikes)
    liked = [(row["movieId"], row["timestamp"]) for row in rated if row["rating"] >= min_rating]
    known_likes = dict(liked)
    liked += [(movie, 0) for movie in request.likes if movie not in known_likes]
    after = [(movie, 10**11 + i) for i, movie in enumerate(request.then) if movie not in known_likes]
    liked = [*reversed(after), *liked]
    steps = like_ages(np.array([time for _, time in liked]))
    recent = {
        m: 2.0 ** (-ago / run["likeHalfLife"]) if sequential else 1.0
        for (m, _), ago in zip(liked, steps, strict=True)
    }
    ago = dict(zip(recent, steps.tolist(), strict=True))
    known = [m for m in recent if movies.get(m, {}).get("p") is not None]
    total = sum(recent[m] for m in known)
    profile = None
    if known:
        weighted = [(0.5 / len(known) + 0.5 * recent[m] / total) * np.array(movies[m]["p"]) for m in known]
        profile = np.sum(weighted, axis=0)
        unordered = np.mean([movies[m]["p"] for m in known], axis=0)
        ordered = run["genreDimensions"] + run["embeddingSize"]
        profile = np.concatenate([profile[:ordered], unordered[ordered:]])
    if request.dislikes and profile is not None:
        profile = profile - 0.5 * np.mean([movies[m]["p"] for m in request.dislikes], axis=0)
    logits, graph_score, predicted = {}, dict.fromkeys(movies, 0.0), dict.fromkeys(movies, 0.0)
    for movie, row in movies.items():
        if profile is not None and row["b"] is not None:
            logits[movie] = float(profile @ np.array(row["o"]) + row["b"])
    for m in recent:
        for target, weight in movies[m]["followed" if sequential else "coLiked"]:
            if sequential and ago[m] <= 10 * run["likeHalfLife"]:
                graph_score[target] += recent[m] * weight / movies[target]["likes"] ** 0.5
            elif not sequential:
                graph_score[target] += weight
        for target, weight in movies[m]["predicted"]:
            if not sequential or ago[m] <= 10 * run["predictionHalfLife"]:
                recency = 2.0 ** (-ago[m] / run["predictionHalfLife"]) if sequential else 1.0
                predicted[target] += recency * weight
    best = max((logit for movie, logit in logits.items() if movie not in seen), default=0.0)
    ages = list(zip(recent, steps.tolist(), strict=True))
    encoded = encoder_logits_by_hand(database, movies, ages, "gru" if sequential else "ials")
    best_encoded = max((logit for movie, logit in encoded.items() if movie not in seen), default=0.0)
    most = max((value for movie, value in graph_score.items() if movie not in seen), default=0.0)
    most_predicted = max((value for movie, value in predicted.items() if movie not in seen), default=0.0)
    most_likes = max(row["likes"] for row in movies.values())
    filters, found = request.filters, []
    for movie, row in movies.items():
        profile_score = np.exp((logits[movie] - best) / run["profileTemperature"]) if movie in logits else 0.0
        score = profile_score + (run["graphWeight"] * graph_score[movie] / most if most else 0.0)
        score += run["predictionWeight"] * predicted[movie] / most_predicted if most_predicted else 0.0
        if movie in encoded:
            part = np.exp((encoded[movie] - best_encoded) / run["encoderTemperature"])
            score += run["encoderWeight"] * part
        score *= (row["likes"] / most_likes) ** request.popularity
        fits = (
            (filters.with_rated or movie not in seen)
            and movie not in filters.exclude
            and (not filters.genres or set(filters.genres) & set(row["genres"]))
            and set(filters.with_genres) <= set(row["genres"])
            and not set(filters.without_genres) & set(row["genres"])
            and (filters.from_year is None or (row["year"] is not None and row["year"] >= filters.from_year))
            and (filters.to_year is None or (row["year"] is not None and row["year"] <= filters.to_year))
            and row["ratings"] >= filters.min_ratings
        )
        if fits and score > 0:
            found.append((movie, float(score)))
    return sorted(found, key=lambda one: (-one[1], one[0]))[: request.k]


def encoder_logits_by_hand(
    database: Database, movies: dict[int | str, Row], likes: list[tuple[int | str, float]], kind: str
) -> dict[int | str, float]:
    """movieId -> logit of the user encoder, by PyTorch's GRU, or by the normal equations of least squares.

    `likes`, newest first, and the age of each.
    """
    rows = database.read(load_query("pull/encoder"), kind=kind)
    if not rows:
        return {}
    (row,) = rows
    kept = {
        name: np.frombuffer(one, "<f4") for name, one in row["content"].items() if not isinstance(one, str | int)
    }
    size = row["dimensions"]
    known = [(age, movies[m]["v"]) for m, age in likes if movies.get(m, {}).get("v") is not None]
    if not known:
        return {}
    vectors = np.array([vector for _, vector in sorted(known, key=lambda one: -one[0])])  # oldest first
    if row["kind"] == "ials":
        weight, of_all = kept["ridge"]
        system = kept["gram"].reshape(size, size) + vectors.T @ vectors
        user = np.linalg.solve(system + (weight * len(vectors) + of_all) * np.eye(size), vectors.sum(axis=0))
    else:
        unit, output = torch.nn.GRU(size, 128).double(), torch.nn.Linear(128, size).double()
        names = ("inputWeights", "stateWeights", "inputBias", "stateBias")
        with torch.no_grad():
            for parameter, name in zip(unit.parameters(), names, strict=True):
                parameter.copy_(torch.tensor(kept[name]).reshape(parameter.shape))
            output.weight.copy_(torch.tensor(kept["outputWeights"]).reshape(size, 128))
            output.bias.copy_(torch.tensor(kept["outputBias"]))
            user = output(unit(torch.from_numpy(vectors[-100:] * size**0.5))[0][-1]).numpy()
    return {m: float(user @ one["v"] + one["c"]) for m, one in movies.items() if one["v"] is not None}


def some_request(generator: np.random.Generator) -> RecommendationRequest:
    """A random user, or random likes, with random filters."""
    genres = ["Comedy", "Drama", "Horror", "Sci-Fi", "Musical", "Film-Noir", "Animation"]

    def some(most: int) -> tuple[str, ...]:
        return tuple(generator.choice(genres, int(generator.integers(0, most + 1)), replace=False).tolist())

    year = int(generator.integers(1930, 2015))
    filters = Filters(
        genres=some(3),
        with_genres=some(1),
        without_genres=some(2),
        from_year=year if generator.random() < 0.4 else None,
        to_year=year + int(generator.integers(0, 30)) if generator.random() < 0.4 else None,
        min_ratings=int(generator.choice([0, 0, 3, 30])),
        exclude=tuple(generator.choice([1, 2, 260, 318, 356, 593, 2571], 3, replace=False).tolist()),
        with_rated=bool(generator.random() < 0.3),
    )
    by_user = generator.random() < 0.7
    return RecommendationRequest(
        int(generator.integers(1, 611)) if by_user else None,
        likes=() if by_user and generator.random() < 0.7 else (50, 296, 4993),
        then=() if generator.random() < 0.7 else (4993, 480, 1),
        dislikes=() if generator.random() < 0.7 else (588,),
        k=int(generator.choice([1, 10, 40])),
        filters=filters,
        popularity=float(generator.choice([0.0, 0.0, 0.5, -0.3])),
    )


@pytest.mark.one_version
def test_one_training_answers_what_comes_next_and_what_fits_at_any_time(
    changed_small_database: Database, neo4j_server: TestServer
) -> None:
    database, recommender = changed_small_database, Recommender(changed_small_database)
    forwards, backwards = ((3, 17, 30), (30, 17, 3))

    def lists(sequential: bool | None) -> list[list[tuple[int | str, float]]]:
        found = []
        for then in (forwards, backwards):
            request = RecommendationRequest(then=then, sequential=sequential)
            rows = recommend(database, request)
            assert [row.movie_id for row in rows] == [row.movie_id for row in recommender.recommend(request)]
            assert {row.sequential for row in rows} == {sequential is not False}
            assert all(row.encoder_score > 0 and sum(row.scores) == pytest.approx(row.score) for row in rows)
            found.append([(row.movie_id, round(row.score, 6)) for row in rows])
        return found

    assert lists(None) == lists(True)
    assert lists(True)[0] != lists(True)[1]
    assert lists(False)[0] == lists(False)[1] != lists(True)[0]
    of_both = lists(False)
    # Without the order alone, from the same walks: nothing else differs.
    train_and_write(
        database, replace(SMALL_TRAIN, sequential="off", walk_graph="FOLLOWED_BY"), neo4j_server.checkpoints
    )
    assert [
        [(row.movie_id, round(row.score, 6)) for row in recommend(database, RecommendationRequest(then=then))]
        for then in (forwards, backwards)
    ] == of_both
    with pytest.raises(StageMissing, match="did not use the order of likes"):
        recommend(database, RecommendationRequest(1, sequential=True))
    with pytest.raises(StageMissing, match="did not use the order of likes"):
        recommender.recommend(RecommendationRequest(1, sequential=True))


@pytest.mark.one_version
def test_filters_change_no_score(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    whole = {row.movie_id: row.score for row in recommender.recommend(RecommendationRequest(5, k=10_000), 0)}
    rows = recommend(ordered_database, RecommendationRequest(5, k=50, filters=Filters(genres=("Horror",))), 0)
    assert len(rows) == 50
    assert {row.movie_id: row.score for row in rows} == pytest.approx(
        {row.movie_id: whole[row.movie_id] for row in rows}, rel=1e-5
    )


def test_order_of_named_likes_counts(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    lists = []
    for movies in ((50, 296, 4993), (4993, 296, 50)):
        request = RecommendationRequest(then=movies)
        lists.append([row.movie_id for row in recommend(ordered_database, request)])
        assert [row.movie_id for row in recommender.recommend(request)] == lists[-1]
    assert lists[0] != lists[1]
    unordered = RecommendationRequest(likes=(50, 296, 4993))
    assert [row.movie_id for row in recommend(ordered_database, unordered)] not in lists


def test_likes_named_after_those_of_a_user_are_the_newest(ordered_database: Database) -> None:
    history = read_history(ordered_database, RecommendationRequest(15, likes=(50,), then=(4993, 1)), 5.0)
    plain = read_history(ordered_database, RecommendationRequest(15), 5.0)
    new = [movie for movie in (1, 4993) if movie not in plain.liked]
    assert history.liked[: len(new)] == new
    assert history.timestamps == sorted(history.timestamps, reverse=True)
    assert set(history.liked) == {*plain.liked, 50, 4993, 1}


def test_what_is_named_twice_is_refused_or_counts_once() -> None:
    assert RecommendationRequest(likes=(1, 2), then=(2, 3)).named == (1, 2, 3)
    with pytest.raises(BadRequest, match="Movie 7 is twice in then"):
        RecommendationRequest(then=(7, 8, 7))
    with pytest.raises(BadRequest, match="Movie 3 is both liked and disliked"):
        RecommendationRequest(then=(3,), dislikes=(3,))


@pytest.mark.parametrize("sequential", ["on", "off"])
def test_movie_that_nobody_likes_since_the_training_is_not_predicted(
    changed_small_database: Database, neo4j_server: TestServer, sequential: str
) -> None:
    database = changed_small_database
    settings = replace(SMALL_TRAIN, sequential=sequential)
    train_and_write(database, settings, neo4j_server.checkpoints)
    best = max(recommend(database, RecommendationRequest(1)), key=lambda row: row.prediction_score).movie_id
    database.write(UNLIKE, movieId=best)
    derive_co_liked(database, SMALL_DERIVE)
    rows = recommend(database, RecommendationRequest(1, k=40))
    assert rows
    assert best not in {row.movie_id for row in rows}
    expected = Recommender(database).recommend(RecommendationRequest(1, k=40))
    assert [row.movie_id for row in rows] == [row.movie_id for row in expected]
    assert [row.score for row in rows] == pytest.approx([row.score for row in expected], rel=1e-5)


def test_both_ways_give_the_same_reasons(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    for request in (
        RecommendationRequest(15),
        RecommendationRequest(likes=(50, 296, 4993)),
        RecommendationRequest(414, k=3),
        RecommendationRequest(15, sequential=False),
        RecommendationRequest(likes=(50, 296, 4993), sequential=False),
    ):
        for one, other in zip(recommend(ordered_database, request), recommender.recommend(request), strict=True):
            assert [r.movie_id for r in one.because] == [r.movie_id for r in other.because]
            assert [r.share for r in one.because] == pytest.approx([r.share for r in other.because], rel=1e-4)


@pytest.mark.one_version
def test_many_users_get_the_lists_of_each(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    found = dict(recommender.recommend_many([9, 1, 5], RecommendationRequest(1, k=3)))
    assert list(found) == [9, 1, 5]
    for user, rows in found.items():
        assert [row.movie_id for row in rows] == [
            row.movie_id for row in recommend(ordered_database, RecommendationRequest(user, k=3), 0)
        ]
    with pytest.raises(NotFound, match="No user 9999"):
        list(recommender.recommend_many([1, 9999], RecommendationRequest(1)))


@pytest.mark.one_version
def test_diverse_list_is_of_the_same_movies_and_less_alike(ordered_database: Database) -> None:
    plain, diverse = RecommendationRequest(1, k=10), RecommendationRequest(1, k=10, diversity=0.5)
    pool = {row.movie_id for row in recommend(ordered_database, replace(plain, k=50), 0)}
    found = [row.movie_id for row in recommend(ordered_database, diverse, 0)]
    assert len(set(found)) == 10
    assert set(found) <= pool
    assert found != [row.movie_id for row in recommend(ordered_database, plain, 0)]
    assert [row.movie_id for row in Recommender(ordered_database).recommend(diverse, 0)] == found


def test_nothing_that_fits_is_an_empty_list(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    nobody_likes = ordered_database.read(UNLIKED)[0]["movieId"]
    for request in (
        RecommendationRequest(1, filters=Filters(from_year=1700, to_year=1710)),
        RecommendationRequest(1, filters=Filters(from_year=1700, to_year=1710), diversity=0.5),
        RecommendationRequest(likes=(nobody_likes,)),
    ):
        assert recommend(ordered_database, request) == recommender.recommend(request) == []


@pytest.mark.both_versions
def test_like_whose_vector_is_zero_is_no_error(changed_small_database: Database) -> None:
    database = changed_small_database
    length = len(
        database.read(load_query("recommend/vectors"), movieIds=[5], sequential=True)[0]["profileEmbedding"]
    )
    database.write(SET_PROFILE, vector=[0.0] * length)
    rows = recommend(database, RecommendationRequest(likes=(5,)), 0)
    again = Recommender(database).recommend(RecommendationRequest(likes=(5,)), 0)
    assert [row.movie_id for row in rows] == [row.movie_id for row in again]
    assert len(rows) == 10


@pytest.mark.one_version
def test_popularity_moves_the_list_both_ways(ordered_database: Database) -> None:
    likes = [
        np.mean(
            [
                row.like_count
                for row in recommend(ordered_database, RecommendationRequest(9, k=20, popularity=p), 0)
            ]
        )
        for p in (-0.5, 0.0, 1.0)
    ]
    assert likes[0] < likes[1] < likes[2]


@pytest.mark.one_version
def test_printed_query_gives_the_list_of_the_command(ordered_database: Database) -> None:
    request = RecommendationRequest(15, filters=Filters(genres=("Comedy", "Drama"), from_year=1980))
    answer = recommendation_query(ordered_database, request)
    printed = parse_query("tests/printed", with_literals(answer.query, answer.parameters))
    assert "m.year >= 1980" in printed.text
    assert '["Comedy", "Drama"] = []' in printed.text
    rows = ordered_database.read(printed)
    assert rows
    assert [row["movieId"] for row in rows] == [row.movie_id for row in recommend(ordered_database, request)]


@pytest.mark.one_version
def test_explained_movie_has_its_place_in_the_list(ordered_database: Database) -> None:
    recommender = Recommender(ordered_database)
    rows = recommend(ordered_database, RecommendationRequest(15, k=30))
    for row in rows[::10]:
        explained = recommender.explain(RecommendationRequest(15), row.movie_id, 5)
        assert explained.score == pytest.approx(row.score)
        assert [r.movie_id for r in explained.because[:3]] == [r.movie_id for r in row.because]
        assert len(explained.because) <= 5
        in_server = explain(ordered_database, RecommendationRequest(15), row.movie_id, 5)
        assert in_server.rank == row.rank
        assert in_server.score == pytest.approx(row.score)
        assert [r.movie_id for r in in_server.because] == [r.movie_id for r in explained.because]
    rated = ordered_database.read(RATED, userId=15)[0]["movieId"]
    assert recommender.explain(RecommendationRequest(15), rated).movie_id == rated, (
        "rated movies can be explained too"
    )
    in_server = explain(ordered_database, RecommendationRequest(15), rated)
    assert in_server.rank == recommender.explain(RecommendationRequest(15), rated).rank
    for ask in (recommender.explain, partial(explain, ordered_database)):
        with pytest.raises(NotFound, match="Movie 7000000 has no score"):
            ask(RecommendationRequest(15), 7_000_000)


@pytest.mark.parametrize(("state", "sequential"), [("ordered", None), ("ordered", False), ("keras", None)])
def test_random_requests_get_what_an_exact_scan_finds(
    neo4j_server: TestServer, state: str, sequential: bool | None
) -> None:
    database = neo4j_server.bring_to(state)
    generator, recommender = np.random.default_rng(7), Recommender(database)
    run = dict(database.read_one(load_query("runs/live"))["run"])
    if sequential is False:
        run |= {name[9:10].lower() + name[10:]: run[name] for name in run if name.startswith("unordered")}
        run["sequential"] = "off"
    movies = {
        row["id"]: row
        for row in database.read(
            EVERYTHING, sequential=run["sequential"] == "on", generation=run.get("predictionGeneration")
        )
    }
    compared = 0
    for _ in range(14):
        request = replace(some_request(generator), sequential=sequential)
        expected = by_hand(database, movies, request, 5.0, run)
        in_server = recommend(database, request, 0)
        in_process = recommender.recommend(request, 0)
        if in_server and in_server[0].basis == "popularity":
            continue
        compared += len(expected)
        for rows in (in_server, in_process):
            assert len(rows) == len(expected), request
            assert [row.score for row in rows] == pytest.approx([score for _, score in expected], rel=2e-5)
            for row, (movie, score) in zip(rows, expected, strict=True):
                # Two that differ in the seventh digit may change places.
                assert row.movie_id == movie or row.score == pytest.approx(score, rel=1e-5)
    assert compared >= 50


def test_unknown_user_is_told_the_range(keras_database: Database) -> None:
    with pytest.raises(NotFound, match="No user 9999; expected an id from 1 to 610"):
        recommend(keras_database, RecommendationRequest(9999))


def test_user_without_likes_gets_what_was_liked_lately(keras_database: Database) -> None:
    users = keras_database.read(load_query("evaluate/likes"), minRating=5.0)
    nobody = next(user["userId"] for user in users if not user["movieIds"])
    rows = recommend(keras_database, RecommendationRequest(nobody))
    assert len(rows) == 10
    assert {row.basis for row in rows} == {"popularity"}
    rated = {row["movieId"] for row in keras_database.read(RATED, userId=nobody)}
    assert not rated & {row.movie_id for row in rows}
    assert Recommender(keras_database).recommend(RecommendationRequest(nobody)) == rows
    assert len(recommend(keras_database, RecommendationRequest(nobody, k=3, diversity=0.5))) == 3
    comedies = RecommendationRequest(nobody, k=5, filters=Filters(genres=("Comedy",)))
    for request in (comedies, replace(comedies, filters=Filters(with_rated=True), popularity=0.5)):
        many = dict(Recommender(keras_database).recommend_many([1, nobody], request))
        assert many[nobody] == recommend(keras_database, request), "also among many users"


@pytest.mark.both_versions
def test_new_rating_takes_effect_at_once(changed_small_database: Database) -> None:
    database = changed_small_database
    recommender = Recommender(database)
    first = recommend(database, RecommendationRequest(1, k=1))[0]
    assert recommender.recommend(RecommendationRequest(1, k=1))[0].movie_id == first.movie_id
    database.write(
        load_query("load/ratings"),
        loadId=2,
        userIds=[1],
        movieIds=[first.movie_id],
        ratings=[5.0],
        timestamps=[2_000_000_000],
    )
    for rows in (recommend(database, RecommendationRequest(1)), recommender.recommend(RecommendationRequest(1))):
        assert first.movie_id not in [row.movie_id for row in rows]
        rated = recommender.explain(RecommendationRequest(1), rows[0].movie_id, 50).because
        assert first.movie_id in {reason.movie_id for reason in rated}, "it contributes to others now"


def test_before_derive_the_next_command_is_named(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        recommend(empty_database, RecommendationRequest(1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"k": 0}, "k is 0"),
        ({"user_id": None}, "nothing to recommend from"),
        ({"diversity": 1.5}, "diversity is 1.5; expected 0 to 1"),
        ({"popularity": 3.0}, "popularity is 3.0"),
        ({"likes": (1, 2), "dislikes": (2,)}, "Movie 2 is both liked and disliked"),
    ],
)
def test_wrong_requests_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        RecommendationRequest(**({"user_id": 1} | wrong))  # type: ignore[arg-type]


def test_years_and_genres() -> None:
    assert [year_range(text) for text in ("1990..1999", "1990..", "..1999", "1994")] == [
        (1990, 1999),
        (1990, None),
        (None, 1999),
        (1994, 1994),
    ]
    for text in ("..", "nineties", "1990-1999", "1990..x"):
        with pytest.raises(BadRequest, match="not a range; expected such as"):
            year_range(text)
    with pytest.raises(BadRequest, match="2000 to 1990 hold none"):
        Filters(from_year=2000, to_year=1990)


def test_genres_are_those_of_movies_in_any_case() -> None:
    known = ["Drama", "Comedy", "Sci-Fi", "(none)"]
    assert stored_genres(["comedy", "SCI-FI", " drama "], known) == ("Comedy", "Sci-Fi", "Drama")
    with pytest.raises(BadRequest, match=r"No movie is of genre 'Comdy'. Did you mean \"Comedy\"\?"):
        stored_genres(["Comdy"], known)
    with pytest.raises(BadRequest, match=r"'xyz'. Expected one of \(none\), Comedy, Drama, Sci-Fi"):
        stored_genres(["xyz"], known)
