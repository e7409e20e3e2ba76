import importlib
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from movierec.cli.main import VERBS
from tests.conftest import Answer

ROOT = Path(__file__).parents[2]


def commands() -> dict[str, click.Command]:
    """Every command, "server start" included."""
    found: dict[str, click.Command] = {}
    for verb in VERBS:
        command = importlib.import_module(f"movierec.cli.{verb.replace('-', '_')}").command
        found[verb] = command
        if isinstance(command, click.Group):
            found |= {f"{verb} {name}": sub for name, sub in command.commands.items()}
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_an_example(movierec: Callable[..., Answer], name: str) -> None:
    answer = movierec(*name.split(), "--help")
    assert answer.exit_code == 0
    assert re.search(rf"Examples?: movierec {name}|Example: movierec load .*movierec {name}", answer.out)


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    assert f"movierec {name}" in (ROOT / "docs" / "cli.md").read_text()


def test_every_documented_command_exists() -> None:
    known = set(VERBS)
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for path in paths:
        # In backquotes, or at a prompt; elsewhere it is a word of a sentence.
        for verb in re.findall(r"(?:`|\$ )(?:\S+=\S+ )*movierec ([a-z-]+)", path.read_text()):
            assert verb in known, f"{path.name}: movierec {verb}"


def test_every_option_has_help() -> None:
    for name, command in commands().items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_help_needs_no_heavy_import() -> None:
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from movierec.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numba', 'pandas', 'numpy', 'neo4j', 'rich', 'requests'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_version_is_the_packages(movierec: Callable[..., Answer]) -> None:
    from movierec import __version__

    assert __version__ in movierec("--version").out


def test_unknown_verb_is_a_usage_error(movierec: Callable[..., Answer]) -> None:
    answer = movierec("recomend")
    assert answer.exit_code == 2
    assert "recomend" in answer.err


def test_debug_shows_the_traceback(movierec: Callable[..., Answer]) -> None:
    from movierec.errors import NoConnection

    env = {"NEO4J_URI": "bolt://127.0.0.1:9", "NEO4J_PASSWORD": "x"}
    assert movierec("doctor", **env).exit_code == 3
    with pytest.raises(NoConnection):
        movierec("--debug", "doctor", **env)
