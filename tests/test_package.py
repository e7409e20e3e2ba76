import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import movierec
from movierec import errors
from scripts import shared_cypher
from scripts.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "movierec").rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)

# The order in which data flows; imports point from a later package to an earlier one only.
ORDER = [
    "ratings",
    "database",
    "lookup",
    "graph",
    "training",
    "embedding",
    "recommendation",
    "rating_prediction",
    "evaluation",
]
# Two models that know nothing of each other.
PEERS = {"rating_prediction": ("embedding", "recommendation")}


@pytest.mark.parametrize("name", [name for name in MODULES if ".cli." not in name])
def test_all_is_complete(name: str) -> None:
    module = importlib.import_module(name)
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name and not key.isupper()
    }
    assert public <= set(module.__all__), "a public name is missing from __all__"
    assert all(hasattr(module, key) for key in module.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name: str) -> None:
    package = name.split(".")[1]
    tree = ast.parse((ROOT / Path(*name.split("."))).with_suffix(".py").read_text())
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None
    } | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for other in imported:
        assert not (other.split(".")[0] == "neo4j" and package != "database"), "only database/ imports neo4j"
        assert not (other.split(".")[0] in ("click", "rich") and package != "cli"), "only cli/ prints"
        if other.startswith("movierec.") and package in ORDER:
            target = other.split(".")[1]
            assert target != "cli"
            assert target not in ORDER or ORDER.index(target) <= ORDER.index(package), f"{name} imports {other}"
            assert target not in PEERS.get(package, ()), f"{name} imports {other}"


def test_public_names_are_sorted_complete_and_come_from_where_they_say() -> None:
    assert movierec.__all__ == sorted(movierec.__all__)
    assert set(dir(movierec)) == set(movierec.__all__)
    for name in movierec.__all__:
        assert getattr(movierec, name) is not None
    assert set(errors.__all__) <= set(movierec.__all__), "every error can be caught by name"
    with pytest.raises(AttributeError, match="has no attribute 'Movies'"):
        _ = movierec.Movies


def test_import_brings_nothing_heavy() -> None:
    script = (
        "import sys, movierec\n"
        "heavy = {'torch', 'numba', 'pandas', 'numpy', 'neo4j', 'click'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("script", ["shared_cypher", "generated_docs"])
def test_what_is_generated_is_up_to_date(script: str) -> None:
    command = [sys.executable, "-m", f"scripts.{script}", "--check"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_stale_shared_block_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_cypher, "SHARED", tmp_path)
    (tmp_path / "inner.cypher").write_text("a\n\n  b\n")
    (tmp_path / "outer.cypher").write_text(
        "x\n  // begin _shared/inner.cypher\n  // end _shared/inner.cypher\ny\n"
    )
    text = "// T.\n  // begin _shared/outer.cypher\n  old\n  // end _shared/outer.cypher\nRETURN 1;\n"
    filled = shared_cypher.filled(text)
    block = "  // begin _shared/outer.cypher\n  x\n    a\n\n      b\n  y\n  // end _shared/outer.cypher\n"
    assert filled == f"// T.\n{block}RETURN 1;\n"
    assert shared_cypher.filled(filled) == filled
    with pytest.raises(SystemExit, match="No shared block"):
        shared_cypher.filled("// begin _shared/nothing.cypher\n// end _shared/nothing.cypher\n")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_mistake_of_make_mutants_can_be_made(mutant: Mutant) -> None:
    assert (ROOT / mutant.path).read_text().count(mutant.old) == 1
    assert all((ROOT / path).exists() for path in mutant.tests.split())


def test_every_error_is_in_the_drawn_tree() -> None:
    drawn = errors.__doc__ or ""
    for name in errors.__all__:
        kind = getattr(errors, name)
        (line,) = [line for line in drawn.splitlines() if f" {name} " in f" {line} "]
        assert f" {kind.exit_code} " in line, f"{name} has exit code {kind.exit_code}"


def test_every_python_that_is_declared_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert json.loads(re.findall(r"python: (\[.+\])", workflow)[0]) == declared
    assert project["requires-python"] == f">={declared[0]}"


def test_wheel_holds_queries_and_locks_but_no_data(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "cypher").rglob("*.cypher"):
        assert f"movierec/{path.relative_to(ROOT)}" in names
    assert any(name.startswith("movierec/database/embedded/locks/") for name in names)
    assert "movierec/py.typed" in names
    assert not [name for name in names if "ml-latest-small" in name or name.startswith(("tests/", "data/"))]
