"""What cleaning did to a layer, as an import tells it: zone by zone, with the place, and as rows to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.layers.clean import NOT_WHOLE, Change, Cleaned, Step, clean_layer
from geo.compute.layers.edges import Shapes
from geo.compute.project import Frame
from geo.errors import Refused
from geo.imports.layers import without
from geo.imports.places import as_multipolygon, in_degrees, in_metres
from geo.imports.report import Fault
from geo.imports.rows import Reading
from geo.imports.values import shown
from geo.layers import LonLat
from geo.rules.layers import CleanRule
from geo.units import NONE


@dataclass(frozen=True)
class CleanLayer:
    """A layer that is ready to be stored."""

    reading: Reading
    """Its rows: code, name, and the shape as it was drawn."""
    cleaned: Cleaned
    frame: Frame

    def drawn_xy_m(self) -> Shapes:
        """(n_zones,) shapes as they were drawn, in metres."""
        return _in_metres(self.reading, self.frame)

    def zone_rows(self) -> Iterator[dict[str, Any]]:
        """Every zone as a row of the store."""
        for no, (row, shape) in enumerate(zip(self.reading.rows, self.cleaned.shapes, strict=True)):
            twin = int(self.cleaned.twin_of[no])
            yield {
                "no": no,
                "code": row["code"],
                "name": row["name"],
                "unit": row["unit"],
                "twin_no": None if twin == NONE else twin,
                "geom": _in_degrees(shape, self.frame),
                "drawn": as_multipolygon(row["drawn"]),
            }

    def changes(self) -> list[dict[str, Any]]:
        """Every change with its zone and its place, by zone: what was redrawn comes before what else became of it."""
        redrawn = [_redrawn(self.frame, row, n) for row, n in self._rows() if row["as_filed"] is not None]
        cleaned = [_told(self.reading, self.frame, change) for change in self.cleaned.changes]
        return sorted([*redrawn, *cleaned], key=lambda told: told["row"])

    def _rows(self) -> Iterator[tuple[dict[str, Any], int]]:
        return zip(self.reading.rows, self.reading.number_of_row, strict=True)

    def gaps(self) -> list[dict[str, Any]]:
        """Every gap that was left open, with a place in it."""
        return [{"lonlat": _lonlat(self.frame, gap.xy_m), "m2": round(gap.m2, 1)} for gap in self.cleaned.gaps]

    def notes(self, rule: CleanRule) -> Iterator[Fault]:
        """The same in words."""
        for told in self.changes():
            evidence = {**_where(told), "before": round(told["before_m2"]), "after": round(told["after_m2"])}
            if told["twin_of"] is not None:
                evidence["other"] = shown(told["twin_of"])
            yield Fault(told["row"], "geometry", f"layer_{told['kind']}", evidence)
        if self.cleaned.n_narrow:
            evidence = {"count": self.cleaned.n_narrow, "width": rule.gap_width_m}
            yield Fault(0, "geometry", "layer_gaps_kept", evidence)
        for gap in self.gaps():
            yield Fault(0, "geometry", "layer_gap_open", {"place": _place(gap["lonlat"]), "area": round(gap["m2"])})


def cleaned_layer(reading: Reading, frame: Frame, rule: CleanRule, step: Step = lambda _share: None) -> CleanLayer:
    """Make a layer whole. Rows of which nothing would be left get a fault, and the others have to do without them.

    Raises
    ------
    Refused
        If the zones do not fit together even then.
    """
    cleaned = clean_layer(_in_metres(reading, frame), rule, step)
    lost = [change for change in cleaned.changes if change.kind in NOT_WHOLE]
    if lost:
        reading = without(reading, {change.zone: _fault(reading, frame, change) for change in lost})
        cleaned = clean_layer(_in_metres(reading, frame), rule, step) if reading.rows else cleaned
    if not cleaned.is_whole and reading.rows:
        raise Refused("layer_not_whole")
    return CleanLayer(reading, cleaned, frame)


def _in_metres(reading: Reading, frame: Frame) -> Shapes:
    return np.array([in_metres(row["drawn"], frame) for row in reading.rows], dtype=object)


def _in_degrees(shape: BaseGeometry, frame: Frame) -> BaseGeometry:
    return shape if shape.is_empty else in_degrees(shape, frame)


def _lonlat(frame: Frame, xy_m: tuple[float, float]) -> LonLat:
    lon, lat = frame.to_lonlat(np.array([xy_m]))[0]
    return round(float(lon), 7), round(float(lat), 7)


def _place(lonlat: LonLat) -> str:
    return f"{lonlat[0]:.6f}, {lonlat[1]:.6f}"


def _told(reading: Reading, frame: Frame, change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "zone": reading.rows[change.zone]["code"],
        "row": reading.number_of_row[change.zone],
        "twin_of": None if change.other == NONE else reading.rows[change.other]["code"],
        "lonlat": _lonlat(frame, change.xy_m),
        "before_m2": round(change.before_m2, 1),
        "after_m2": round(change.after_m2, 1),
        "moved_m2": round(change.moved_m2, 1),
    }


def _redrawn(frame: Frame, row: dict[str, Any], number: int) -> dict[str, Any]:
    """A border that crossed itself: the ground that its corners go around as they stand, and the ground taken."""
    before_m2, after_m2 = in_metres(row["as_filed"], frame).area, in_metres(row["drawn"], frame).area
    middle = shapely.point_on_surface(row["drawn"])
    return {
        "kind": "redrawn",
        "zone": row["code"],
        "row": number,
        "twin_of": None,
        "lonlat": (round(middle.x, 7), round(middle.y, 7)),
        "before_m2": round(before_m2, 1),
        "after_m2": round(after_m2, 1),
        "moved_m2": round(abs(after_m2 - before_m2), 1),
    }


def _where(told: dict[str, Any]) -> dict[str, Any]:
    return {"zone": shown(told["zone"]), "place": _place(told["lonlat"])}


def _fault(reading: Reading, frame: Frame, change: Change) -> Fault:
    told = _told(reading, frame, change)
    return Fault(
        told["row"],
        "geometry",
        f"layer_{change.kind}",
        {**_where(told), "before": round(change.before_m2), "after": round(change.after_m2)},
    )
