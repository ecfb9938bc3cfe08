"""Valhalla: tiles of a file, and isochrones of walkers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


def tile_command(pbf: Path, folder: Path) -> list[str | Path]:
    """The program that builds the tiles of a file, by one thread; its settings are written into the folder."""
    import valhalla

    (folder / "tiles").mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=str(folder / "tiles"), verbose=False)
    config["mjolnir"]["concurrency"] = 1
    settings(folder).write_text(json.dumps(config), encoding="utf-8")
    # not `python -m valhalla`, which finds its programs only where the environment is activated
    return [Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles", "-c", settings(folder), pbf]


def settings(folder: Path) -> Path:
    return folder / "valhalla.json"


def actor(pbf: Path, folder: Path) -> Any:
    """Build the tiles of a file and open them."""
    import valhalla

    subprocess.run(tile_command(pbf, folder), check=True, capture_output=True, cwd=folder)
    return valhalla.Actor(str(settings(folder)))


def isochrone(actor: Any, lonlat: list[float], minutes: float, kmh: float) -> str:
    """GeoJSON text of one polygon, as fine as Valhalla draws it."""
    asked = {
        "locations": [{"lon": lonlat[0], "lat": lonlat[1]}],
        "costing": "pedestrian",
        "costing_options": {"pedestrian": {"walking_speed": kmh}},
        "contours": [{"time": minutes}],
        "polygons": True,
        "denoise": 0,
        "generalize": 0,
    }
    return str(actor.isochrone(json.dumps(asked)))
