import dataclasses
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from movierec.cli.main import COMMANDS
from tests.conftest import Answer

ROOT = Path(__file__).parents[2]


def commands() -> dict[str, click.Command]:
    """Every command, "server start" included."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = importlib.import_module(f"movierec.cli.{name.replace('-', '_')}").command
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub_name}": sub for sub_name, sub in command.commands.items()}
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
    known = set(COMMANDS)
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for path in paths:
        # In backquotes, or at a prompt; elsewhere it is a word of a sentence.
        for name in re.findall(r"(?:`|\$ )(?:\S+=\S+ )*movierec ([a-z][a-z-]*)", path.read_text()):
            assert name in known, f"{path.name}: movierec {name}"


def test_every_option_has_help() -> None:
    for name, command in commands().items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


@pytest.mark.parametrize("name", commands())
def test_help_lists_every_option_once_and_the_connection_last(movierec: Callable[..., Answer], name: str) -> None:
    out = movierec(*name.split(), "--help").out
    listed = re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", out, flags=re.MULTILINE)
    options = [p for p in commands()[name].params if isinstance(p, click.Option)]
    assert sorted(listed) == sorted(
        ["--help", *(next(o for o in p.opts if o.startswith("--")) for p in options if p.opts[0][:2] == "--")]
    )
    if "--uri" in listed:
        assert "\nConnection:\n" in out
        assert listed.index("--uri") > listed.index("--help")


def test_names_that_are_spelled_out_for_speed_equal_their_sources() -> None:
    from movierec.cli import fetch, load, settings_help
    from movierec.embedding.settings import TrainSettings
    from movierec.graph.settings import DeriveSettings
    from movierec.rating_prediction.settings import RatingModelSettings
    from movierec.ratings.fetch import DATASETS
    from movierec.ratings.formats import FORMATS

    assert set(fetch.NAMES) == set(DATASETS)
    assert set(load.FORMATS) == {"auto", *FORMATS}
    for groups, settings in (
        (settings_help.TRAIN, TrainSettings),
        (settings_help.DERIVE, DeriveSettings),
        (settings_help.RATING_MODEL, RatingModelSettings),
    ):
        named = [name for group in groups.values() for name in group]
        assert sorted(named) == sorted(field.name for field in dataclasses.fields(settings))


def test_option_of_one_name_has_one_sentence() -> None:
    sentences: dict[str, set[str]] = {}
    for command in commands().values():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                said = (parameter.help or "").split("  [")[0]
                sentences.setdefault(parameter.opts[-1], set()).add(said)
    # These are of two models, or of two kinds of held-out data, or of training and of answering.
    differ = {
        *(
            "--epochs",
            "--learning-rate",
            "--patience",
            "--validation-fraction",
            "--threads",
            "--dry-run",
            "--seed",
        ),
        *("--min-rating", "--strategy", "--fraction", "--test-file", "--preset", "-n", "--cypher"),
        *("--movie", "--user", "--users", "--from-file", "--batch-size", "--sequential"),
    }
    assert [name for name, said in sentences.items() if len(said) > 1 and name not in differ] == []


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


def test_unknown_command_is_a_usage_error(movierec: Callable[..., Answer]) -> None:
    answer = movierec("recomend")
    assert answer.exit_code == 2
    assert "recomend" in answer.err


def test_debug_shows_the_traceback(movierec: Callable[..., Answer]) -> None:
    from movierec.errors import NoConnection

    env = {"NEO4J_URI": "bolt://127.0.0.1:9", "NEO4J_PASSWORD": "x"}
    assert movierec("doctor", **env).exit_code == 3
    with pytest.raises(NoConnection):
        movierec("--debug", "doctor", **env)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["laod"], "No such command 'laod'. Did you mean \"load\""),
        (["recomend", "--user", "1"], 'Did you mean "recommend"'),
        (["server", "strat"], 'Did you mean "start"'),
        (["rating-model", "predcit"], 'Did you mean "predict"'),
        (["xyzzy"], "No such command 'xyzzy'."),
    ],
)
def test_mistyped_command_is_answered_with_the_nearest(
    movierec: Callable[..., Answer], typed: list[str], said: str
) -> None:
    answer = movierec(*typed)
    assert answer.exit_code == 2
    assert said in answer.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_commands_as_documented(shell: str) -> None:
    def answer(**variables: str) -> str:
        command = [sys.executable, "-m", "movierec"]
        env = os.environ | variables
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert "_MOVIEREC_COMPLETE" in answer(_MOVIEREC_COMPLETE=f"{shell}_source")
    words = {"COMP_WORDS": "movierec rec", "COMP_CWORD": "rec" if shell == "fish" else "1"}
    assert "recommend" in answer(_MOVIEREC_COMPLETE=f"{shell}_complete", **words)
