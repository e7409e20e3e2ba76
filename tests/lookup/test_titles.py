import pytest

from movierec.lookup.titles import meant, nearest, parse_title, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Léon: The Professional", ("leon", "the", "professional")),
        ("WALL·E", ("wall", "e")),
        ("Schindler's List", ("schindler", "s", "list")),
        ("Fast & Furious", ("fast", "and", "furious")),
        ("Smørrebrød ÆON Łódź straße", ("smorrebrod", "aeon", "lodz", "strasse")),
        ("Ａｋｉｒａ", ("akira",)),
        ("Город Зеро", ("город", "зеро")),
        ("!!!", ()),
        ("", ()),
    ],
)
def test_words_have_no_case_accents_or_punctuation(text: str, folded: tuple[str, ...]) -> None:
    assert words(text) == folded


def test_title_has_a_name_other_names_and_a_year() -> None:
    title = parse_title("Léon: The Professional (a.k.a. The Professional) (Léon) (1994)")
    assert title.name == ("leon", "the", "professional")
    assert title.others == (("the", "professional"), ("leon",))
    assert title.year == 1994


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Matrix, The (1999)", ("the", "matrix")),
        ("Boot, Das (1981)", ("das", "boot")),
        ("Avventura, L' (1960)", ("l", "avventura")),
        ("Good, the Bad and the Ugly, The (1966)", ("the", "good", "the", "bad", "and", "the", "ugly")),
        ("I, Robot (2004)", ("i", "robot")),
        ("Lock, Stock (1998)", ("lock", "stock")),
        ("(500) (2009)", ("500",)),
        ("Series (1999-2001)", ("series",)),
    ],
)
def test_moved_article_is_put_back_in_front(text: str, name: tuple[str, ...]) -> None:
    assert parse_title(text).name == name


def test_year_of_its_own_column_counts_where_the_title_has_none() -> None:
    assert parse_title("Heat", 1995).year == 1995
    assert parse_title("Heat (1986)", 1995).year == 1986


TITLES = [
    "Lion King, The (1994)",
    "Lion King II: Simba's Pride, The (1998)",
    "The Magnificent Seven (2016)",
    "Magnificent Seven, The (1960)",
    "Boot, Das (Boat, The) (1981)",
    "Spider-Man (2002)",
    "Blade Runner 2049 (2017)",
    "Toy Story (1995)",
    "Misérables, Les (1995)",
    "Professional, The (Le professionnel) (1981)",
    "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
    "Seven (a.k.a. Se7en) (1995)",
    "Robot (2010)",
    "I, Robot (2004)",
]


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("lion king", ["Lion King, The (1994)"]),
        ("The Magnificent Seven", ["The Magnificent Seven (2016)", "Magnificent Seven, The (1960)"]),
        ("The Magnificent Seven (1960)", ["Magnificent Seven, The (1960)"]),
        ("Magnificent Seven 2016", ["The Magnificent Seven (2016)"]),
        ("das boot", ["Boot, Das (Boat, The) (1981)"]),
        ("The Boat", ["Boot, Das (Boat, The) (1981)"]),
        ("spiderman", ["Spider-Man (2002)"]),
        ("Blade Runner 2049", ["Blade Runner 2049 (2017)"]),
        ("Toy Story 1995", ["Toy Story (1995)"]),
        ("Toy Story (1996)", []),
        ("Les Miserables", ["Misérables, Les (1995)"]),
        # The name of one movie counts before another name of another.
        ("The Professional", ["Professional, The (Le professionnel) (1981)"]),
        ("the professional 1994", ["Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"]),
        ("Professional Léon", ["Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"]),
        ("the professional leon", ["Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"]),
        ("Se7en", ["Seven (a.k.a. Se7en) (1995)"]),
        ("Robot", ["Robot (2010)"]),
        ("King Lion", ["Lion King, The (1994)"]),
        ("King", []),
        ("...", []),
    ],
)
def test_what_is_typed_means_the_titles_that_are_equal_but_for_the_form(typed: str, titles: list[str]) -> None:
    parsed = [parse_title(title) for title in TITLES]
    assert [TITLES[i] for i in meant(typed, parsed)] == titles


def test_suggestions_are_near_and_never_what_was_typed() -> None:
    assert nearest("Lyon King", TITLES, 5)[0] == "Lion King, The (1994)"
    assert nearest("Leon", TITLES, 1) == ["Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"]
    assert "Toy Story (1995)" not in nearest("Toy Story (1995)", TITLES, 5)
    assert nearest("zzzz", TITLES, 5) == []
