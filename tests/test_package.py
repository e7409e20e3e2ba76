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

from movierec import errors

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
