"""Builders of the GeoJSON lists from what the store hands out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

import shapely
from pydantic import BaseModel
from shapely.geometry.base import BaseGeometry

from api.paging import Page
from api.schemas import Feature, FeatureList

Properties = TypeVar("Properties", bound=BaseModel)


def geojson(shape: BaseGeometry | None) -> str | None:
    """GeoJSON text of a shape, to seven decimals of a degree: a centimetre."""
    if shape is None:
        return None
    text: str = shapely.to_geojson(shapely.transform(shape, lambda lonlat: lonlat.round(7)))
    return text


def at_point(point: shapely.Point | None) -> dict[str, Any] | None:
    """The same as GeoJSON of a point: lists have hundreds of them."""
    return None if point is None else {"type": "Point", "coordinates": [round(point.x, 7), round(point.y, 7)]}


def geometry(shape: BaseGeometry) -> dict[str, Any]:
    """GeoJSON of a shape that is there."""
    told: dict[str, Any] = json.loads(geojson(shape) or "null")
    return told


def feature(id_: int | None, shape: str | None, properties: Properties) -> Feature[Properties]:
    """One feature; ``shape`` is GeoJSON text."""
    geometry: dict[str, Any] | None = None if shape is None else json.loads(shape)
    return Feature(id=id_, geometry=geometry, properties=properties)


def feature_list(page: Page, matched: int, features: Iterable[Feature[Properties]]) -> FeatureList[Properties]:
    """One page of features, with its counts and the links that lead on."""
    listed = list(features)
    return FeatureList(number_matched=matched, number_returned=len(listed), links=page.links(matched), features=listed)
