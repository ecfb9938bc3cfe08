"""A layer that is sent: the body of the request, and what is told of how it was taken in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from api.inputs import Word
from api.schemas import Geometry, Position, Shape
from geo.imports.report import Fault, ImportReport
from geo.layers import Layer, LayerWish
from geo.rules.import_limits import import_limits

Words = Annotated[Word, Field(min_length=1, max_length=import_limits().longest_name)]
Around = list[float] | None


class ZoneFeature(Shape):
    """One zone as GeoJSON has it; of its properties code and name are read, whatever they are called in files."""

    type: Literal["Feature"]
    id: int | str | None = None
    bbox: Around = None
    geometry: Geometry
    properties: dict[str, Any] | None = Field(examples=[{"code": "J017", "name": "第十七警务区"}])


class ZoneCollection(Shape):
    """A feature collection as programs write it."""

    type: Literal["FeatureCollection"]
    name: str | None = None
    crs: dict[str, Any] | None = Field(None, description="Of old GeoJSON; WGS 84 where it is left out.")
    bbox: Around = None
    features: list[ZoneFeature] = Field(min_length=1)


class LayerBody(Shape):
    """One department's net."""

    name: Words = Field(examples=["police"])
    department: Words = Field(examples=["公安局"], description="Who runs it: an office, never a person.")
    kind: Words = Field(examples=["警务网格"])
    zones: ZoneCollection
    seen_version: int = Field(
        0, ge=0, le=2**31 - 1, examples=[0], description="Version of that name whose place it takes; 0: it is new."
    )
    gap_width_m: float | None = Field(None, examples=[10], description="Gaps up to so wide are filled.")
    crs: Word | None = Field(None, max_length=100, examples=["EPSG:4490"], description="Outranks that of the zones.")
    keep_going: bool = Field(False, description="Take the good rows where others have faults.")
    data_date: date | None = Field(None, examples=["2026-06-01"], description="The day that the zones speak of.")

    def meant(self) -> LayerWish:
        """Whose net it is."""
        return LayerWish(self.name, self.department, self.kind, self.gap_width_m, self.seen_version)

    def collection(self) -> str:
        """The zones as GeoJSON."""
        return self.zones.model_dump_json(exclude_unset=True)


class RowTold(Shape):
    """Something about a row."""

    row: int = Field(examples=[3], description="From 1; 0: the layer as a whole.")
    field: str = Field(examples=["geometry"])
    key: str = Field(examples=["layer_redrawn"], description="The same in every language.")
    text: str = Field(examples=["Row 3, geometry: ..."], description="In the asker's language.")


class ZoneChange(Shape):
    """What became of a zone; those that hardly changed are not told of."""

    kind: Literal["redrawn", "reshaped", "twin"] = Field(examples=["reshaped"])
    zone: str = Field(examples=["J017"])
    row: int = Field(examples=[3])
    twin_of: str | None = Field(examples=[None], description="The zone that has its ground.")
    lonlat: Position
    before_m2: float = Field(examples=[220_000.0])
    after_m2: float = Field(examples=[214_000.0])
    moved_m2: float = Field(examples=[6_000.0], description="Ground that it had or has, and not both.")


class OpenGap(Shape):
    """Ground among the zones that was left to none."""

    lonlat: Position
    m2: float = Field(examples=[5_200.0])


class LayerLanded(Shape):
    """How a layer was taken in: read = added + changed + unchanged + rejected."""

    name: str = Field(examples=["police"])
    version: int = Field(examples=[1])
    import_id: int | None = Field(examples=[12], description="By it the import can be undone; none: nothing changed.")
    read: int = Field(examples=[236])
    added: int = Field(examples=[236])
    changed: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    rejected: int = Field(examples=[0])
    retired: int = Field(examples=[0], description="Zones of the version before that are no longer there.")
    totals: dict[str, float] = Field(examples=[{"layer_ground_km2": 52.3, "layer_homes_moved": 12}])
    gap_width_m: float = Field(examples=[10], description="How wide gaps were filled.")
    faults: list[RowTold] = Field(description="Of rows that were left out.")
    notes: list[RowTold]
    changes: list[ZoneChange]
    gaps: list[OpenGap]


COUNTS = ("import_id", "read", "added", "changed", "unchanged", "rejected", "retired", "totals")


def layer_landed(layer: Layer, report: ImportReport, language: str) -> LayerLanded:
    """What is told of a layer that was taken in."""

    def told(one: Fault) -> RowTold:
        return RowTold(row=one.row, field=one.field, key=one.key, text=one.in_language(language))

    return LayerLanded(
        name=layer.name,
        version=layer.version,
        gap_width_m=layer.gap_width_m,
        faults=[told(one) for one in report.faults],
        notes=[told(one) for one in report.notes],
        changes=[ZoneChange.model_validate(one) for one in layer.changes],
        gaps=[OpenGap.model_validate(one) for one in layer.gaps],
        **{name: getattr(report, name) for name in COUNTS},
    )
