"""The command `gridcircle` as a whole: what it refuses and how, the database by hand, the address."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import typer
from typer.testing import CliRunner

from geo.cli import main
from geo.cli.serve import address_of, listen
from geo.cluster.system import free_port
from geo.errors import GridcircleError
from geo.settings import Settings
from tests.databases import create_database, drop_database

runner = CliRunner()


def gridcircle(*words: object, **variables: object) -> Any:
    environment = {f"GRIDCIRCLE_{name.upper()}": str(value) for name, value in variables.items()}
    return runner.invoke(main.app, [str(word) for word in words], env={"GRIDCIRCLE_LANGUAGE": "en", **environment})


def leaves(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All commands that do something, with the words that reach them."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    else:
        for name in inner:
            yield from leaves(inner[name], f"{path} {name}")


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_takes_json_and_explains_itself(name: str) -> None:
    for path, command in leaves(main.load(name), name):
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options, path
        assert command.help, path


def test_help_names_every_command() -> None:
    shown = gridcircle("--help").stdout
    assert all(name in shown for name in main.COMMANDS)


@pytest.mark.parametrize("words", [["nonsense"], ["db", "nonsense"], ["db", "status", "--nonsense"]])
def test_a_slip_of_the_pen_is_a_usage_error(words: list[str]) -> None:
    assert gridcircle(*words).exit_code == 2


def test_refusal_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    done = gridcircle("db", "start", home=tmp_path, database_url="postgresql://someone@elsewhere/theirs")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "GRIDCIRCLE_DATABASE_URL" in done.stderr


def test_refusal_is_an_object_with_json(tmp_path: Path) -> None:
    done = gridcircle("db", "stop", "--json", home=tmp_path, database_url="postgresql://someone@elsewhere/theirs")
    assert (done.exit_code, done.stderr) == (1, "")
    assert json.loads(done.stdout)["key"] == "database_not_ours"


def test_a_wrong_setting_is_a_refusal_too(tmp_path: Path) -> None:
    done = gridcircle("db", "status", home=tmp_path, port="eight")
    assert done.exit_code == 1
    assert "GRIDCIRCLE_PORT" in done.stderr


def test_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    app = typer.Typer()
    app.command()(interrupted)
    monkeypatch.setattr(main, "load", lambda _: typer.main.get_command(app))
    done = gridcircle("db")
    assert done.exit_code == main.INTERRUPTED
    assert done.stderr == "Stopped.\n"


def test_database_by_hand(short_folder: Path) -> None:
    where = {"home": short_folder / "home", "runtime_dir": short_folder}
    assert json.loads(gridcircle("db", "status", "--json", **where).stdout)["is_made"] is False
    try:
        started = json.loads(gridcircle("db", "start", "--json", **where).stdout)
        assert started["is_running"] is True
        address = gridcircle("db", "url", **where).stdout.strip()
        assert f":{started['port']}/" in address
        assert gridcircle("db", "migrate", **where).exit_code == 0
        assert gridcircle("db", "start", **where).exit_code == 0, "starting twice is no error"
    finally:
        stopped = gridcircle("db", "stop", "--json", **where)
    assert json.loads(stopped.stdout)["is_running"] is False
    assert gridcircle("db", "stop", **where).exit_code == 0, "nor is stopping twice"


def test_database_that_a_newer_version_has_migrated(cluster_url: str, tmp_path: Path) -> None:
    url = create_database(cluster_url, "newer_test")
    try:
        given = {"home": tmp_path, "database_url": url}
        assert gridcircle("db", "migrate", **given).exit_code == 0
        mark_as(url, "9999")
        done = gridcircle("db", "migrate", "--json", **given)
        assert json.loads(done.stdout)["key"] == "schema_newer"
    finally:
        drop_database(cluster_url, "newer_test")


def test_database_that_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = gridcircle("db", "status", "--json", home=tmp_path, database_url=f"postgresql://me@127.0.0.1:{port}/none")
    assert json.loads(done.stdout)["key"] == "database_away"


@pytest.mark.parametrize("command", ["serve", "up"])
def test_port_in_use_is_told_before_anything_starts(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = gridcircle(command, home=tmp_path / "home", port=port)
    assert done.exit_code == 1
    assert f"Port {port}" in done.stderr
    assert not (tmp_path / "home").exists()


def test_address_of_another_machine_is_refused() -> None:
    with pytest.raises(GridcircleError) as refusal:
        listen(Settings(host="192.0.2.1"))  # TEST-NET-1 of RFC 5737: nobody's
    assert refusal.value.key == "host_not_here"


def test_no_part_of_an_answer_waits_until_the_other_end_has_the_part_before() -> None:
    with listen(Settings(port=free_port())) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("10.1.2.3", "http://10.1.2.3:8000"),
    ],
)
def test_address_shown_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    assert address_of(Settings(host=host)) == shown


def mark_as(url: str, version: str) -> None:
    conn = psycopg2.connect(url)
    with conn, conn.cursor() as cursor:
        cursor.execute("update alembic_version set version_num = %s", [version])
    conn.close()
