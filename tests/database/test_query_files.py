import re
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import QueryFileError, cypher_folder, load_query, parse_query, with_literals

NAMES = sorted(
    str(p.relative_to(cypher_folder()))[:-7]
    for p in cypher_folder().rglob("*.cypher")
    if p.parent.name != "_shared"
)

GOOD = """\
// Movies with an id.
// Parameters: movieId INTEGER; k INTEGER,
//   >= 1.
// Returns: title STRING.
:param movieId => 1;

// A comment that mentions $nothing.
MATCH (m:Movie {movieId: $movieId})
RETURN m.title AS title
ORDER BY title
LIMIT $k;
"""


def test_header_becomes_title_and_parameters() -> None:
    query = parse_query("x", GOOD)
    assert query.title == "Movies with an id."
    assert query.parameters == ("movieId", "k")
    assert query.returns == "title STRING."


def test_param_lines_and_semicolon_are_not_sent() -> None:
    text = parse_query("x", GOOD).text
    assert ":param" not in text
    assert text.endswith("LIMIT $k")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace("LIMIT $k", "LIMIT 5"), "declared parameters"),
        (GOOD.replace("$movieId}", "$other}"), "declared parameters"),
        (GOOD.replace("// Returns: title STRING.\n", ""), "'Returns'"),
        (GOOD.replace(":param movieId => 1;", ":param movieId: 1"), "line 5"),
        (GOOD.replace(":param movieId", ":param unknown"), "unknown"),
        ("// T.\n// Parameters: none.\n// Returns: nothing.\n", "no statement"),
    ],
)
def test_wrong_file_is_refused_by_name(wrong: str, said: str) -> None:
    with pytest.raises(QueryFileError, match=said) as error:
        parse_query("folder/x", wrong)
    assert "folder/x.cypher" in str(error.value)


def test_pasted_query_is_one_statement_with_its_values() -> None:
    query = parse_query("x", GOOD)
    pasted = parse_query("pasted", with_literals(query, {"movieId": 'tt "7" \\', "k": 5}))
    assert (pasted.title, pasted.parameters, pasted.returns) == (query.title, (), query.returns)
    assert '{movieId: "tt \\"7\\" \\\\"}' in pasted.source
    assert pasted.source.endswith("LIMIT 5;")
    text = with_literals(query, {"movieId": "$k", "k": 5})
    assert '{movieId: "$k"}' in text, "a value is no text to look for parameters in"
    assert "(-5)" in with_literals(query, {"movieId": 1, "k": -5})
    with pytest.raises(QueryFileError, match="missing parameters: k"):
        with_literals(query, {"movieId": 1})


def test_call_with_other_parameters_is_refused() -> None:
    query = parse_query("x", GOOD)
    with pytest.raises(QueryFileError, match="missing parameters: k; unknown: limit"):
        query.check({"movieId": 1, "limit": 3})


def test_several_statements_are_split_at_line_ends_only() -> None:
    source = "// T.\n// Parameters: none.\n// Returns: nothing.\nRETURN 'a;b' AS x;\n\nRETURN 2 AS y;\n"
    assert parse_query("x", source).statements == ("RETURN 'a;b' AS x", "RETURN 2 AS y")


@pytest.mark.parametrize("name", NAMES)
def test_every_query_file_is_well_formed(name: str) -> None:
    query = load_query(name)
    assert query.title.endswith(".")
    assert query.source.endswith(";\n"), "the last statement must end in ; to be pasted"
    assert not re.search(r"\bid\s*\(", query.source), "id() is deprecated; use the key"


@pytest.mark.parametrize("name", NAMES)
def test_every_read_that_gives_rows_has_an_order(name: str) -> None:
    query = load_query(name)
    text = query.statements[-1]
    writes = re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", text)
    # A query of counts and minima only has one row.
    last = text[text.rindex("RETURN") :] if "RETURN" in text else ""
    one_row = re.match(r"RETURN\s+(COUNT \{|count\(|min\(|max\(|sum\(|percentileDisc\()", last) or text.startswith(
        "RETURN"
    )
    if last and not writes and not one_row:
        assert "ORDER BY" in last, "a result must have a total order"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("explore/")])
def test_every_query_file_is_used(name: str) -> None:
    package = Path(__file__).parents[2] / "movierec"
    name = name.removesuffix("_decayed")
    assert any(f'"{name}"' in path.read_text() for path in package.rglob("*.py"))


@pytest.mark.both_versions
@pytest.mark.parametrize("name", NAMES)
def test_server_compiles_every_query_file(empty_database: Database, name: str) -> None:
    query = load_query(name)
    if not any(word in query.source for word in ("CONSTRAINT", "CREATE VECTOR INDEX", "SHOW ")):
        empty_database.explain(query, **dict.fromkeys(query.parameters))
