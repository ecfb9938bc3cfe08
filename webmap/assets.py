"""The few third-party files that the pages load, and where they come from.

Nothing of them lies in the repository: ``webmap/package.json`` and its lock name the npm packages, set-up copies the
files listed here to ``<home>/vendor/<package>@<version>/``, and the service hands them out under ``/vendor/``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""Our own scripts and styles."""


@dataclass(frozen=True)
class Asset:
    """One file of one npm package."""

    name: str
    package: str
    version: str
    path_in_package: str

    @property
    def folder(self) -> str:
        """``<package>@<version>``; a package of a scope lies in the scope's folder."""
        return f"{self.package}@{self.version}"

    @property
    def file(self) -> str:
        """File name, without the folders it has inside the package."""
        return Path(self.path_in_package).name

    @property
    def url(self) -> str:
        """Address on our own host."""
        return f"/vendor/{self.folder}/{self.file}"


LEAFLET = ("leaflet", "1.9.4")
PROTOMAPS = ("protomaps-leaflet", "5.1.0")
GEOMAN = ("@geoman-io/leaflet-geoman-free", "2.20.2")

ASSETS: dict[str, Asset] = {
    asset.name: asset
    for asset in (
        Asset("leaflet", *LEAFLET, "dist/leaflet.js"),
        Asset("leaflet_css", *LEAFLET, "dist/leaflet.css"),
        Asset("protomaps_leaflet", *PROTOMAPS, "dist/protomaps-leaflet.js"),
        Asset("leaflet_geoman", *GEOMAN, "dist/leaflet-geoman.min.js"),
        Asset("leaflet_geoman_css", *GEOMAN, "dist/leaflet-geoman.css"),
    )
}
"""By the name that folium gives the link."""


def vendor_folder(home: Path) -> Path:
    """Where set-up puts the files."""
    return home / "vendor"


def vendor_file(home: Path, asset: Asset) -> Path:
    """Where one file lies."""
    return vendor_folder(home) / asset.folder / asset.file


def missing(home: Path) -> list[Asset]:
    """Assets that set-up has not put in place; empty when the pages can be shown."""
    return [asset for asset in ASSETS.values() if not vendor_file(home, asset).is_file()]


@cache
def static_files() -> dict[str, Path]:
    """Our own files by the path under which they are asked for. Nothing else is ever handed out."""
    return {file.relative_to(STATIC).as_posix(): file for file in sorted(STATIC.rglob("*")) if file.is_file()}


@cache
def static_version() -> str:
    """Twelve hex digits over all our own files: their folder in addresses, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for name, file in static_files().items():
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def static_url(name: str) -> str:
    """Address of one of our own files.

    Raises
    ------
    KeyError
        If there is no such file.
    """
    if name not in static_files():
        raise KeyError(name)
    return f"/static/{static_version()}/{name}"
