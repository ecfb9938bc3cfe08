"""The unprivileged account that runs the database, and what that account can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import MissingPiece


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL, which refuses to run as root."""

    uid: int
    gid: int
    name: str

    def run(self, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program as this account and wait for it.

        It starts from the root folder, since the account may not be able to enter ours, with English messages and
        without any PG* variable of the caller.
        """
        whom: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **whom,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether the account can enter a folder that exists."""
        return self.run("test", "-x", folder).returncode == 0

    def own(self, path: Path) -> None:
        """Give a path to the account; nothing to do unless we are root."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def owner(folder: Path) -> Account:
    """The account a folder belongs to."""
    stat = folder.stat()
    return Account(stat.st_uid, stat.st_gid, _name(stat.st_uid))


def unprivileged() -> Account:
    """The current user, or if that is root the account of PostgreSQL's package, else `nobody`.

    Raises
    ------
    MissingPiece
        If we are root and there is no such account.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), _name(os.geteuid()))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise MissingPiece("account_missing")


def _name(uid: int) -> str:
    """The account's name, or its number where it has none (as in containers)."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
