"""Valhalla: tiles of a file, and isochrones of walkers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def actor(pbf: Path, folder: Path) -> Any:
    """Build the tiles of a file and open them."""
    import valhalla

    config = valhalla.get_config(tile_extract="", tile_dir=str(folder / "tiles"), verbose=False)
    config["mjolnir"]["concurrency"] = 1
    file = folder / "valhalla.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "valhalla", "valhalla_build_tiles", "-c", str(file), str(pbf)],
        check=True,
        capture_output=True,
    )
    return valhalla.Actor(str(file))


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
