from pathlib import Path

import pytest

from movierec.database.settings import ConnectionSettings, connection_settings, environment
from movierec.errors import BadRequest


def test_no_address_means_the_embedded_server() -> None:
    assert connection_settings({}) is None


def test_flag_wins_over_environment() -> None:
    env = {"NEO4J_URI": "bolt://from-env:7687", "NEO4J_PASSWORD": "secret"}
    settings = connection_settings(env, uri="bolt://from-flag:7687")
    assert settings is not None
    assert settings.uri == "bolt://from-flag:7687"


def test_environment_wins_over_dotenv_found_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NEO4J_URI=bolt://file:7687\nNEO4J_PASSWORD=from-file\n")
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    monkeypatch.setenv("NEO4J_URI", "bolt://env:7687")
    env = environment(folder)
    assert env["NEO4J_URI"] == "bolt://env:7687"
    assert env["NEO4J_PASSWORD"] == "from-file"


def test_missing_password_names_the_ways_to_give_one() -> None:
    with pytest.raises(BadRequest, match=r"NEO4J_PASSWORD.*--password-file"):
        connection_settings({"NEO4J_URI": "bolt://localhost:7687"})


def test_password_does_not_show_in_repr() -> None:
    assert "secret" not in repr(ConnectionSettings("bolt://localhost", password="secret"))


def test_wrong_scheme_is_refused_with_the_right_ones() -> None:
    with pytest.raises(BadRequest, match=r"'http'.*bolt"):
        ConnectionSettings("http://localhost:7474")


def test_secret_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadRequest, match="NEO4J_PASSWORD") as error:
        connection_settings({"NEO4J_URI": "bolt://neo4j:hunter2@host:7687", "NEO4J_PASSWORD": "x"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("uri", "in_the_clear"),
    [
        ("bolt://localhost:7687", False),
        ("bolt://127.0.0.1:7687", False),
        ("neo4j://db.example.org", True),
        ("neo4j+s://db.example.org", False),
    ],
)
def test_unencrypted_address_of_another_host_is_noticed(uri: str, in_the_clear: bool) -> None:
    assert ConnectionSettings(uri).is_unencrypted_to_another_host is in_the_clear
