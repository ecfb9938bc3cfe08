"""``gridcircle assets``: the third-party files of the map pages."""

from __future__ import annotations

from geo import settings
from geo.cli.output import Json, answer, language, progress
from geo.words import sentence
from webmap.install import install_assets


def assets(as_json: Json = False) -> None:
    """Fetch the map's scripts into GRIDCIRCLE_HOME; does nothing if they are there."""
    with progress("assets_fetching"):
        folder = install_assets(settings.load().home_abs)
    answer({"folder": folder}, [sentence("assets_there", language(), folder=folder)], as_json=as_json)
