"""Load layers, homes and the ground of the town in one metric frame: what audits and merges begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.compute.layers.edges import Edges, Shapes, edges_of, located
from geo.compute.project import Frame
from geo.errors import NotFound
from geo.imports.places import frame_about, in_metres
from geo.layers import Layer, LonLat, Zone
from geo.provenance import Made
from geo.store import layers
from geo.store.areas import town_shape
from geo.store.coverage import people_date
from geo.store.layers import LayerHomes
from geo.units import NONE, FloatArray, IntArray

METHOD = "layers-2"
"""Changes whenever the same layers and homes give other figures."""


@dataclass(frozen=True)
class LoadedLayer:
    """One layer in metres."""

    layer: Layer
    zones: Sequence[Zone]
    cleaned: Shapes
    """(n_zones,)"""
    drawn: Shapes
    edges: Edges
    """Of the cleaned shapes."""

    def code(self, zone: int) -> str | None:
        """What a zone is called; None for none."""
        return None if zone == NONE else self.zones[zone].code

    @cached_property
    def m2(self) -> FloatArray:
        """(n_zones,) cleaned ground."""
        areas: FloatArray = shapely.area(self.cleaned)
        return areas


@dataclass(frozen=True)
class LoadedLayers:
    """Layers over one town, with everybody who lives there."""

    layers: Sequence[LoadedLayer]
    """By name."""
    homes: LayerHomes
    homes_xy_m: FloatArray
    town: BaseGeometry | None
    """In metres; None while no areas are loaded."""
    frame: Frame
    made: Made

    @cached_property
    def zone_of_home(self) -> IntArray:
        """(n_layers, n_homes) NONE where a home is in no zone."""
        found = [located(self.homes_xy_m, one.edges)[0] for one in self.layers]
        return np.array(found, np.int64).reshape(len(self.layers), len(self.homes.id))

    @cached_property
    def counts(self) -> FloatArray:
        """(n_homes, 3) residents, households, and 1 for the home itself."""
        homes = self.homes
        return np.column_stack([homes.residents, homes.households, np.ones(len(homes.id))])

    def lonlat(self, xy_m: FloatArray) -> list[LonLat]:
        """Places (n, 2) in degrees, to about a centimetre."""
        return [(round(lon, 7), round(lat, 7)) for lon, lat in self.frame.to_lonlat(xy_m).tolist()]


def load_layers(conn: Connection, names: Sequence[str] = ()) -> LoadedLayers:
    """Layers by their names, all of them where none are given.

    Raises
    ------
    NotFound
        If there is none of a name, or none at all.
    """
    chosen = layers.live_layers(conn, names)
    if not chosen:
        raise NotFound("layer_none")
    zones = [layers.zones_of(conn, layer.id) for layer in chosen]
    homes, town = layers.layer_homes(conn), town_shape(conn)
    everything = town or shapely.GeometryCollection([zone.drawn for some in zones for zone in some])
    frame = frame_about(everything)
    return LoadedLayers(
        layers=[_loaded(layer, some, frame) for layer, some in zip(chosen, zones, strict=True)],
        homes=homes,
        homes_xy_m=frame.to_xy_m(homes.lonlat),
        town=None if town is None else in_metres(town, frame),
        frame=frame,
        made=Made(METHOD, _dates(conn, chosen), _hash(chosen, homes, town)),
    )


def _loaded(layer: Layer, zones: Sequence[Zone], frame: Frame) -> LoadedLayer:
    cleaned, drawn = (
        np.asarray(shapely.transform(np.array(shapes, dtype=object), frame.to_xy_m))
        for shapes in ([zone.shape for zone in zones], [zone.drawn for zone in zones])
    )
    return LoadedLayer(layer, zones, cleaned, drawn, edges_of(cleaned))


def _dates(conn: Connection, chosen: Sequence[Layer]) -> dict[str, date | None]:
    return {"homes": people_date(conn), **{f"layer_{one.name}": one.data_date for one in chosen}}


def _hash(chosen: Sequence[Layer], homes: LayerHomes, town: BaseGeometry | None) -> str:
    digest = hashlib.sha256(repr((METHOD, [(one.name, one.content_hash) for one in chosen])).encode())
    for column in (homes.id, homes.lonlat, homes.households, homes.residents):
        digest.update(column.tobytes())
    digest.update(b"" if town is None else shapely.to_wkb(town))
    return digest.hexdigest()
