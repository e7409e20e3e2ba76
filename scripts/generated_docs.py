"""Write what the documentation says of names, fields and options from the code that has them.

    python -m scripts.generated_docs            write docs/api.md, and the tables of docs/cli.md
    python -m scripts.generated_docs --check    fail where they are not as they would be written (make lint)

docs/api.md is whole from here; in docs/cli.md what stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import tokenize
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from io import StringIO
from pathlib import Path
from typing import Any, get_type_hints

import movierec
from movierec.client import Client
from movierec.records import INLINED, camel_case

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = ("DeriveSettings", "TrainSettings", "RatingModelSettings", "SplitSettings", "ReadSettings")

# The results that commands print, in the order of docs/cli.md.
PRINTED = {
    "load": "LoadResult",
    "load --dry-run": "LoadCheck",
    "load --remove": "RemovedLoad",
    "reset": "ResetResult",
    "stats": "RatingStats",
    "estimate": "CostEstimate",
    "split": "SplitResult",
    "split --undo": "UndoneSplit",
    "derive": "DeriveResult",
    "derive --dry-run": "DerivePreview",
    "train": "TrainResult",
    "train --dry-run": "TrainingEstimate",
    "similar": "SimilarMovie",
    "recommend, explain": "Recommendation",
    "evaluate": "EvaluationReport",
    "evaluate --dry-run": "EvaluationEstimate",
    "tune": "ScoreSettingsResult",
    "rating-model train": "RatingModelResult",
    "rating-model predict": "PredictedRating",
    "rating-model evaluate": "RatingEvaluationReport",
    "export": "ExportResult",
}
LIST = "a list of objects"
FORMS = {
    "similar": LIST,
    "recommend, explain": f"{LIST}; `explain` one",
    "tune": LIST,
    "rating-model predict": LIST,
}
PARTS = (
    "TableCounts",
    "DetectedTable",
    "DetectedColumn",
    "StageCost",
    "LikesAt",
    "WeightBin",
    "Reason",
    "Difference",
    "GenreProbe",
    "CalibrationLevel",
)


def attribute_texts(kind: type) -> dict[str, str]:
    """What the string after each field of a dataclass says of it."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    texts, name = {}, ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            texts[name] = str(node.value.value)
    return texts


def comment_texts(kind: type) -> dict[str, str]:
    """What the comment beside each field of a dataclass says of it."""
    texts, name = {}, ""
    for token in tokenize.generate_tokens(StringIO(inspect.getsource(kind)).readline):
        if token.type == tokenize.NAME and token.start[1] == 4:
            name = token.string
        elif token.type == tokenize.COMMENT and name:
            texts[name] = token.string.removeprefix("#").strip()
            name = ""
    return texts


def type_name(hint: Any) -> str:
    """A type as it is written, without the modules."""
    text = hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__args__") else str(hint)
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text).replace("NoneType", "None").replace("|", "\\|")


def json_name(hint: Any) -> str:
    """A type as JSON has it."""
    text = type_name(hint)
    for python, written in (("tuple", "list"), ("Path", "str"), (", ...", "")):
        text = text.replace(python, written)
    return text.replace("None", "null")


def fields_table(kind: type, in_json: bool) -> list[str]:
    """A row for each field of a result; those of inlined settings in one."""
    texts, hints = attribute_texts(kind), get_type_hints(kind)
    lines = [f"| {'key' if in_json else 'field'} | type | meaning |", "|---|---|---|"]
    for one in fields(kind):
        hint = hints[one.name]
        if one.metadata == INLINED:
            named = ", ".join(f"`{camel_case(part.name)}`" for part in fields(hint)) if in_json else "`settings`"
            lines.append(f"| {named} | {hint.__name__ if not in_json else ''} | the settings |")
            continue
        name = camel_case(one.name) if in_json else one.name
        lines.append(
            f"| `{name}` | {json_name(hint) if in_json else type_name(hint)} | {texts.get(one.name, '')} |"
        )
    return lines


def settings_table(kind: type) -> list[str]:
    texts, hints = comment_texts(kind), get_type_hints(kind)
    lines = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    for one in fields(kind):
        default = "" if one.default is MISSING else f"`{one.default!r}`"
        lines.append(f"| `{one.name}` | {type_name(hints[one.name])} | {default} | {texts.get(one.name, '')} |")
    return lines


def signature_of(name: str, function: Callable[..., object]) -> str:
    """The call with its parameters, one a line where they are many."""
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        default = "" if parameter.default is parameter.empty else f"={_shown(parameter.default)}"
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parameters:
            parameters.append("*")
        parameters.append(f"{parameter.name}{default}")
    line = f"{name}({', '.join(parameters)})"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(parameters) + ",\n)"


def _shown(default: object) -> str:
    if inspect.isfunction(default):
        return default.__name__
    return json.dumps(default) if isinstance(default, str) else repr(default)


def docstring(text: str) -> str:
    """A numpy docstring as Markdown: headings in bold, entries as lists, examples as code."""
    lines, out, section, in_code = text.splitlines(), list[str](), "", False
    i = 0
    while i < len(lines):
        line = lines[i]
        if i + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[i + 1]):
            section = line
            out += [f"**{section}**", ""]
            i += 2
            continue
        if section == "Examples":
            if not in_code and line:
                out.append("```python")
                in_code = True
            if in_code:
                out.append(line)
        elif section:
            if line and not line.startswith(" "):
                name, _, kind = line.partition(" : ")
                out.append(f"- `{name}`" + (f" ({kind})" if kind else ""))
            elif line:
                out.append(f"  {line.strip()}")
            else:
                out.append("")
        else:
            out.append(line)
        i += 1
    if in_code:
        out.append("```")
    return "\n".join(out)


def api() -> str:
    """docs/api.md."""
    out = [
        "# The Python API",
        "",
        "<!-- Written by scripts/generated_docs.py from the code; change the docstrings there. -->",
        "",
        "Everything below is importable from `movierec`: `import movierec`, then `movierec.connect()`. Stages",
        "return results with the fields listed at the end; answers are pandas tables whose columns are those in",
        "lowerCamelCase, as in JSON.",
        "",
        "```python",
        *(f"{line}".removeprefix("    ") for line in _example()),
        "```",
        "",
        "## connect",
        "",
        "```python",
        signature_of("movierec.connect", movierec.connect),
        "```",
        "",
        docstring(inspect.getdoc(movierec.connect) or ""),
        "",
        "## Client",
        "",
        inspect.getdoc(Client) or "",
    ]
    for name, value in vars(Client).items():
        if inspect.isfunction(value) and not name.startswith("_"):
            call = signature_of(f"client.{name}", value)
            out += ["", f"### {name}", "", "```python", call, "```", "", docstring(inspect.getdoc(value) or "")]
    out += ["", "## Settings", ""]
    out += ["Frozen dataclasses, checked when they are made: BadRequest for a value that is out of range."]
    for name in SETTINGS:
        kind = getattr(movierec, name)
        out += ["", f"### {name}", "", inspect.getdoc(kind) or "", "", *settings_table(kind)]
        if hasattr(kind, "from_preset"):
            presets = ", ".join(f'"{preset}"' for preset in sys.modules[kind.__module__].PRESETS)
            out += ["", f"`{name}.from_preset(preset, **changes)` starts from one of {presets}."]
    results = [name for name in movierec.__all__ if name[0].isupper() and name not in SETTINGS]
    results = [name for name in results if is_dataclass(getattr(movierec, name)) and name != "Scale"]
    out += ["", "## Results"]
    for name in results:
        kind = getattr(movierec, name)
        out += ["", f"### {name}", "", inspect.getdoc(kind) or "", "", *fields_table(kind, in_json=False)]
    out += ["", "## Errors", "", "| error | exit code | meaning |", "|---|---|---|"]
    for name in movierec.__all__:
        kind = getattr(movierec, name)
        if inspect.isclass(kind) and issubclass(kind, movierec.MovieRecError):
            said = " ".join((inspect.getdoc(kind) or "").split())
            out.append(f"| `{name}` ({kind.__mro__[1].__name__}) | {kind.exit_code} | {said} |")
    return "\n".join(out) + "\n"


def _example() -> list[str]:
    """The example at the head of movierec.client."""
    doc = inspect.getdoc(sys.modules["movierec.client"]) or ""
    lines = doc.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("    "))
    last = max(i for i, line in enumerate(lines) if line.startswith("    "))
    return lines[first : last + 1]


def json_tables() -> str:
    """The keys of each command's JSON, for docs/cli.md."""
    out = []
    for command, name in PRINTED.items():
        what = FORMS.get(command, "an object")
        kind = getattr(movierec, name)
        out += ["", f"### {command}", "", f"{inspect.getdoc(kind)} JSON: {what}.", "", *fields_table(kind, True)]
    out += ["", "### Parts of these"]
    for name in PARTS:
        kind = getattr(movierec, name)
        out += ["", f"#### {name}", "", inspect.getdoc(kind) or "", "", *fields_table(kind, True)]
    return "\n".join(out) + "\n"


GENERATED: dict[str, Callable[[], str]] = {"json": json_tables}


def filled(text: str) -> str:
    """A page with the current text of every generated part that it names."""

    def part(found: re.Match[str]) -> str:
        return f"<!-- generated: {found[1]} -->\n{GENERATED[found[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", part, text, flags=re.DOTALL)


def main() -> None:
    page = DOCS / "cli.md"
    wanted = {DOCS / "api.md": api(), page: filled(page.read_text(encoding="utf-8"))}
    stale = {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}
    if stale and "--check" in sys.argv[1:]:
        sys.exit(f"Not as the code says: {', '.join(path.name for path in stale)}. Run: make generated")
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
