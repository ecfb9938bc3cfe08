"""geo/cluster/setup.sh says in one sentence what it cannot get. PATH holds stand-ins for what the machine has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is the whole PATH of a machine with Python and without apt or PostGIS."""
    for name in ("sh", "dirname", "id", "cut", "sort", "tail", "head", "find", "env", "mkdir", "touch"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    program(
        tmp_path, "python3", 'case "$*" in *geo.cluster.programs*) exit 1;; *) exec ' + f'{sys.executable} "$@";; esac'
    )
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def setup(folder: Path, what: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ROOT / "geo" / "cluster" / "setup.sh", what],
        env={"PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_python(machine: Path) -> None:
    done = setup(machine, "run", PYTHON="python4")
    assert done.returncode == 1
    assert "Install Python 3.11" in done.stderr


def test_python_that_is_too_old(machine: Path) -> None:
    program(machine, "python3", 'case "$*" in --version) echo Python 3.9.2;; *version_info*) exit 1;; esac')
    done = setup(machine, "run")
    assert done.returncode == 1
    assert "Python 3.9.2 is too old" in done.stderr


def test_without_apt_docker_may_stand_in_for_postgis(machine: Path) -> None:
    assert setup(machine, "run").returncode == 0


def test_without_apt_a_browser_cannot_be_had(machine: Path) -> None:
    done = setup(machine, "test")
    assert done.returncode == 1
    assert "chromium" in done.stderr


def test_newest_postgis_is_installed_in_one_go(machine: Path) -> None:
    program(
        machine,
        "apt-cache",
        "printf '%s - x\\n' postgresql-9-postgis-3 postgresql-16-postgis-3 postgresql-15-postgis-3",
    )
    program(machine, "apt-get", 'echo "apt-get $*"')
    program(machine, "sudo", 'exec "$@"')
    done = setup(machine, "run")
    assert done.returncode == 0, done.stderr
    asked = [line for line in done.stdout.splitlines() if line.startswith("apt-get")]
    assert len(asked) == 2
    assert asked[1].endswith(" postgresql-16-postgis-3")


def test_apt_that_offers_only_old_ones(machine: Path) -> None:
    program(machine, "apt-cache", "echo 'postgresql-14-postgis-3 - x'")
    program(machine, "apt-get", "exit 0")
    program(machine, "sudo", 'exec "$@"')
    done = setup(machine, "run")
    assert done.returncode == 1
    assert "apt offers no PostGIS" in done.stderr


def test_apt_that_fails(machine: Path) -> None:
    program(machine, "apt-get", "echo broken >&2; exit 100")
    program(machine, "sudo", 'exec "$@"')
    done = setup(machine, "run")
    assert done.returncode == 1
    assert "apt-get update failed" in done.stderr


def test_nothing_is_asked_of_apt_where_a_database_is_given(machine: Path) -> None:
    program(machine, "apt-get", "echo asked >&2; exit 1")
    assert setup(machine, "run", GRIDCIRCLE_DATABASE_URL="postgresql://me@here/db").returncode == 0
