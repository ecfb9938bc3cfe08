"""The database of docker-compose.yml, for machines with Docker and without PostGIS packages."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from geo.cluster.programs import PACKAGE
from geo.cluster.system import free_port, key_of, last_line, write_secret
from geo.errors import DatabaseAway

FILE = Path(__file__).parents[2] / "docker-compose.yml"
ENGINE_TIMEOUT_S = 20


def is_usable() -> bool:
    """Whether an engine answers and the compose file is at hand."""
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, timeout=ENGINE_TIMEOUT_S, check=False)  # noqa: S607
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and FILE.exists()


def start(home: Path) -> str:
    """Start the database and return its URL.

    Raises
    ------
    DatabaseAway
        If Docker refuses; its own last words are in the sentence.
    """
    environment = _environment(home)
    values = dict(line.split("=", 1) for line in environment.read_text().splitlines())
    done = _compose(home, "up", "--detach", "--wait", "db")
    if done.returncode:
        raise DatabaseAway("compose_failed", reason=last_line(done.stderr), package=PACKAGE)
    password, port = values["GRIDCIRCLE_DB_PASSWORD"], values["GRIDCIRCLE_DB_PORT"]
    return f"postgresql://gridcircle:{password}@127.0.0.1:{port}/gridcircle"


def stop(home: Path) -> None:
    """Stop the database; its volume stays."""
    _compose(home, "stop", "db")


def is_running(home: Path) -> bool:
    """Whether the database of this home runs."""
    return bool(_compose(home, "ps", "--quiet", "--status", "running", "db").stdout.strip())


def _compose(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    project = f"gridcircle-{key_of(home)}"
    command = ["docker", "compose", "--file", str(FILE), "--env-file", str(_environment(home)), "-p", project, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _environment(home: Path) -> Path:
    """The file with this home's password and port; made once."""
    path = home / "compose.env"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        write_secret(path, f"GRIDCIRCLE_DB_PASSWORD={secrets.token_urlsafe(24)}\nGRIDCIRCLE_DB_PORT={free_port()}\n")
    return path
