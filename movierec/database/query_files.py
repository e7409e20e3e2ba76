"""Query files: Cypher kept as Cypher, one query a file under `cypher/`.

A file opens with a comment block, the query's documentation:

    // One sentence that says what the rows are.
    // Parameters: movieId INTEGER; k INTEGER, >= 1.
    // Returns: movieId INTEGER, title STRING, score FLOAT.
    :param movieId => 1;
    :param k => 10;

    MATCH ...
    RETURN ...;

The `:param` lines are examples, so that the whole file can be pasted into Neo4j Browser; they are
dropped here. Every `$name` in the text must be declared under "Parameters:" and the other way round;
a call with any other set of names is refused. A file may hold several statements, each ending in `;`
at the end of a line. Python never builds query text: a variant is another file. What several files have in
common stands between `// begin _shared/NAME.cypher` and `// end _shared/NAME.cypher`, filled in by
`scripts/shared_cypher.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["Query", "QueryFileError", "cypher_folder", "load_query", "parse_query", "with_literals"]


_MARK = re.compile(r" *// (begin|end) _shared/\w+\.cypher(, unordered)?")


class QueryFileError(Exception):
    """A query file, or a call of one, is wrong. A mistake of the programmer, not of the user."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One parsed query file. `statements` are run in order; nearly every file has just one."""

    name: str
    title: str
    parameters: tuple[str, ...]
    returns: str
    statements: tuple[str, ...]
    source: str  # the file as it is, for showing and for pasting into Browser

    @property
    def text(self) -> str:
        """The only statement."""
        if len(self.statements) != 1:
            raise QueryFileError(f"{self.name}.cypher holds {len(self.statements)} statements, not one.")
        return self.statements[0]

    def check(self, parameters: Mapping[str, object]) -> None:
        """Refuse a call whose parameter names are not exactly the declared ones."""
        given, declared = set(parameters), set(self.parameters)
        if given != declared:
            missing = ", ".join(sorted(declared - given)) or "none"
            unknown = ", ".join(sorted(given - declared)) or "none"
            raise QueryFileError(f"{self.name}.cypher: missing parameters: {missing}; unknown: {unknown}.")


def cypher_folder() -> Path:
    """Where the query files are: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("movierec")))
    for folder in (package / "cypher", package.parent / "cypher"):
        if folder.is_dir():
            return folder
    raise QueryFileError(f"No cypher folder in {package} or beside it; reinstall movierec.")


@cache
def load_query(name: str) -> Query:
    """Read and check `cypher/<name>.cypher`, for example "recommend/similar_movies"."""
    path = cypher_folder() / f"{name}.cypher"
    if not path.is_file():
        raise QueryFileError(f"No query file {path}.")
    return parse_query(name, path.read_text(encoding="utf-8"))


def parse_query(name: str, source: str) -> Query:
    """Parse one file's text. Raises QueryFileError with the file's name and line."""
    lines = source.splitlines()
    n_header = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    header = [line.removeprefix("//").strip() for line in lines[:n_header] if not _MARK.fullmatch(line)]
    body: list[str] = []
    for number, line in enumerate(lines[n_header:], start=n_header + 1):
        if line.startswith(":"):
            if not re.fullmatch(r":param \w+ => .+;", line):
                raise QueryFileError(
                    f"{name}.cypher line {number}: {line!r} is not of the form ':param name => value;'."
                )
        elif (body or line.strip()) and not _MARK.fullmatch(line):
            body.append(line)
    title, declared, returns = _parse_header(name, header)

    text = "\n".join(body)
    without_comments = re.sub(r"//[^\n]*", "", text)
    used = set(re.findall(r"\$(\w+)", without_comments))
    if used != set(declared):
        raise QueryFileError(
            f"{name}.cypher: declared parameters {sorted(declared)} differ from those used, {sorted(used)}."
        )
    examples = set(re.findall(r"^:param (\w+) =>", source, flags=re.MULTILINE))
    if examples - set(declared):
        raise QueryFileError(f"{name}.cypher: :param for undeclared {sorted(examples - set(declared))}.")
    statements = tuple(s.strip() for s in re.split(r";[ \t]*(?:\n|$)", text) if s.strip())
    if not statements:
        raise QueryFileError(f"{name}.cypher holds no statement.")
    return Query(
        name=name, title=title, parameters=tuple(declared), returns=returns, statements=statements, source=source
    )


def with_literals(query: Query, parameters: Mapping[str, object]) -> str:
    """The file with these values in the place of its parameters: one statement, as Neo4j Browser shows the rows of
    one, but not of several, such as `:param` and a query.
    """
    query.check(parameters)
    kept = [
        line for line in query.source.splitlines() if not line.startswith(":param ") and not _MARK.fullmatch(line)
    ]
    n_header = next((i for i, line in enumerate(kept) if not line.startswith("//")), len(kept))
    first, last = (
        next(i for i, line in enumerate(kept[:n_header]) if line.startswith(f"// {part}:"))
        for part in ("Parameters", "Returns")
    )
    body = [
        line
        if line.lstrip().startswith("//")
        else re.sub(r"\$(\w+)", lambda one: _literal(parameters[one[1]]), line)
        for line in kept[n_header:]
    ]
    return "\n".join([*kept[:first], "// Parameters: none.", *kept[last:n_header], *body])


def _literal(value: object) -> str:
    """A list, string, number, boolean or null in Cypher, which is that in JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return f"({text})" if text.startswith("-") else text


def _parse_header(name: str, header: list[str]) -> tuple[str, list[str], str]:
    """Title, declared parameter names, and the "Returns" text; a part may run over several lines."""
    parts = {"title": "", "Parameters": "", "Returns": ""}
    part = "title"
    for line in header:
        keyword = line.split(":", 1)[0]
        if keyword in ("Parameters", "Returns"):
            part = keyword
        parts[part] = f"{parts[part]} {line.removeprefix(f'{part}:')}".strip()
    for part, text in parts.items():
        if not text:
            raise QueryFileError(f"{name}.cypher: the header has no {part!r} part.")
    if parts["Parameters"] == "none.":
        return parts["title"], [], parts["Returns"]
    declared = [entry.split()[0] for entry in parts["Parameters"].rstrip(".;").split(";")]
    return parts["title"], declared, parts["Returns"]
