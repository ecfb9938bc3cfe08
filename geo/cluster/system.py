"""Small questions to the operating system that the private cluster and Docker share."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def key_of(folder: Path) -> str:
    """Twelve characters that tell this folder's things from those of another copy."""
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alive(pid: int, folder: Path) -> bool:
    """Whether the process runs and has ``folder`` as its own, so is no later one under the same number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except PermissionError:
        return True
    except FileNotFoundError:  # a process that ended and that nobody waited for; or a system without /proc
        return not Path("/proc/self").exists()


def is_in_use(folder: Path) -> bool:
    """Whether any process has ``folder`` as its own: a server, or one of its workers that outlives it for a moment."""
    wanted = folder.resolve()
    for process in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if process.readlink() == wanted:
                return True
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return False


def last_line(text: str) -> str:
    """The last line that says something; empty if none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
