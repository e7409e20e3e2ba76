from itertools import pairwise

from movierec.recommendation.results import Reason, SimilarMovie
from movierec.web.drawing import HEIGHT, WIDTH, evidence, neighbourhood, shortened
from movierec.web.parameters import Asked, asked_from
from movierec.web.results import Link, MovieDetails

CENTRE = MovieDetails(
    movie_id=1,
    title="Centre (1999)",
    year=1999,
    genres=(),
    like_count=100,
    ratings=120,
    mean_rating=4.0,
    imdb_id=None,
    tmdb_id=None,
)


def like_it(movie_id: int) -> SimilarMovie:
    return SimilarMovie(
        rank=movie_id,
        movie_id=movie_id,
        title=f"Movie {movie_id}",
        year=None,
        genres=(),
        like_count=10 * movie_id,
        score=1.0,
        cosine=0.5,
        query_movie_id=1,
    )


def test_movies_that_are_linked_stand_side_by_side_and_only_strong_links_are_drawn() -> None:
    similar = [like_it(i) for i in range(2, 12)]
    links = [Link(movie_id=1, other_id=i, count=i, weight=100.0 - i) for i in range(2, 12)]
    links += [
        Link(movie_id=2, other_id=7, count=9, weight=80.0),
        Link(movie_id=7, other_id=9, count=9, weight=70.0),
    ]
    pairs = [(i, j) for i in range(2, 12) for j in range(i + 1, 12) if (i, j) not in ((2, 7), (7, 9))]
    links += [Link(movie_id=i, other_id=j, count=1, weight=1.0) for i, j in pairs]
    drawing = neighbourhood(CENTRE, similar, links)
    assert [node.movie_id for node in drawing.nodes[:4]] == [1, 2, 7, 9]
    assert len({(node.x, node.y) for node in drawing.nodes}) == 11
    assert all(20 < node.x < WIDTH - 20 and 20 < node.y < HEIGHT - 20 for node in drawing.nodes)
    spokes = [line for line in drawing.lines if line.is_spoke]
    assert len(spokes) == 10
    assert len(drawing.lines) - len(spokes) < 10, "not a ball of wool"
    assert drawing == neighbourhood(CENTRE, similar, links), "the same each time"


def test_movie_that_nothing_is_like_is_drawn_alone() -> None:
    drawing = neighbourhood(CENTRE, [], [])
    assert [node.label for node in drawing.nodes] == ["Centre (1999)"]
    assert drawing.lines == ()


def test_bands_are_as_wide_as_shares_and_do_not_overlap() -> None:
    reasons = [
        Reason(movie_id=i, title="T" * 60, count=3, lift=2.0, share=share)
        for i, share in enumerate((0.5, 0.3, 0.001))
    ]
    flows = evidence(reasons)
    assert [flow.width for flow in flows] == [60.0, 36.0, 2.0]
    for one, other in pairwise(flows):
        assert one.y + one.width / 2 < other.y - other.width / 2
    assert len(flows[0].label) < 40
    assert evidence([]) == ()
    assert shortened("short") == "short"


def test_address_says_what_was_asked_and_nothing_else() -> None:
    pairs = [("then", "3"), ("then", "17"), ("genre", "Comedy"), ("year", " 1990..1999 "), ("user", "")]
    asked = asked_from(pairs)
    assert asked.address("/recommend") == "/recommend?then=3&then=17&genre=Comedy&year=1990..1999"
    assert asked.liking(3).then == ("17", "3"), "it was liked last"
    assert asked.without("then", "3").address("/x") == "/x?then=17&genre=Comedy&year=1990..1999"
    assert Asked().address("/x") == "/x"
    assert (
        asked_from([("sequential", "off"), ("diversity", "0.5")]).address("/x")
        == "/x?diversity=0.5&sequential=off"
    )
    again = asked_from([("likes", "Léon & <b>"), ("with_rated", "on")])
    assert again.address("/x") == "/x?likes=L%C3%A9on+%26+%3Cb%3E&with_rated=on"
