"""Which PostgreSQL of this machine is new enough and has PostGIS."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geo.errors import MissingPiece

OLDEST_POSTGRESQL = 15
OLDEST_POSTGIS = (3, 3)
PACKAGE = f"postgresql-{OLDEST_POSTGRESQL}-postgis-3"
DEBIAN_ROOT = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL installation.

    Attributes
    ----------
    folder
        Where initdb, pg_ctl and postgres lie.
    version
        Major version.
    postgis
        Version of its PostGIS, major and minor.
    """

    folder: Path
    version: int
    postgis: tuple[int, int]


def installed(root: Path = DEBIAN_ROOT) -> list[Programs]:
    """All installations that are new enough, newest first; empty if there is none."""
    found = {programs.version: programs for folder in _folders(root) if (programs := _inspect(folder))}
    return [found[version] for version in sorted(found, reverse=True)]


def newest(root: Path = DEBIAN_ROOT) -> Programs:
    """The newest installation.

    Raises
    ------
    MissingPiece
        If there is none.
    """
    found = installed(root)
    if not found:
        raise missing()
    return found[0]


def missing() -> MissingPiece:
    """What to say when no installation is new enough."""
    oldest = ".".join(map(str, OLDEST_POSTGIS))
    return MissingPiece("postgis_missing", postgresql=OLDEST_POSTGRESQL, postgis=oldest, package=PACKAGE)


def _folders(root: Path) -> Iterator[Path]:
    on_path = shutil.which("pg_config")
    if on_path and (said := _ask(Path(on_path), "--bindir")):
        yield Path(said)
    yield from root.glob("*/bin")


def _inspect(folder: Path) -> Programs | None:
    version = re.search(r"(\d+)", _ask(folder / "postgres", "--version"))
    share = _ask(folder / "pg_config", "--sharedir")
    if not version or not share or not (folder / "initdb").exists():
        return None
    control = Path(share) / "extension" / "postgis.control"
    said = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control.read_text()) if control.exists() else None
    if not said:
        return None
    programs = Programs(folder, int(version[1]), (int(said[1]), int(said[2])))
    return programs if programs.version >= OLDEST_POSTGRESQL and programs.postgis >= OLDEST_POSTGIS else None


def _ask(program: Path, option: str) -> str:
    """What a program answers to an option; empty if it is not there or refuses."""
    if not program.exists():
        return ""
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":  # asked by setup.sh, before there is a virtual environment
    raise SystemExit(not installed())
