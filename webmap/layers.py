"""Folium elements of ours: the slim map and the vector tiles drawn in the browser."""

from __future__ import annotations

from typing import Any, ClassVar

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class SlimMap(folium.Map):  # type: ignore[misc]
    """A folium map that asks for Leaflet alone.

    ``tiles=None`` is not enough: the default class also links jQuery, Bootstrap and two icon fonts, of which no page
    of ours uses a line.
    """

    default_js: ClassVar = [("leaflet", "leaflet.js")]
    default_css: ClassVar = [("leaflet_css", "leaflet.css")]

    def __init__(self, bounds: Bounds, *, min_zoom: int, max_zoom: int) -> None:
        west, south, east, north = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=14,
            zoom_control=False,
            attribution_control=False,
        )
        # The constructor drops both without a tile layer of its own.
        self.options["min_zoom"] = min_zoom
        self.options["max_zoom"] = max_zoom


class VectorTiles(JSCSSMixin, Layer):  # type: ignore[misc]
    """Our own tiles, painted by protomaps-leaflet with the rules of ``static/cartography.js``.

    Parameters
    ----------
    layers
        Names of the tile layers, in one request per tile.
    max_data_zoom
        Tiles beyond this zoom are drawn from it.
    show
        Whether they load at once; a page that first moves the map adds them itself.
    """

    _template = Template("""
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = gridcircle.vectorTiles({{ this.options|tojavascript }});
        {%- if this.show %}
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {%- endif %}
        {% endmacro %}
    """)
    default_js: ClassVar = [("protomaps_leaflet", "protomaps-leaflet.js")]

    def __init__(self, layers: tuple[str, ...], *, max_data_zoom: int, show: bool = True) -> None:
        super().__init__(name="tiles", control=False, show=show)
        self._name = "VectorTiles"
        self.options: dict[str, Any] = {"layers": list(layers), "max_data_zoom": max_data_zoom}


class PlannerMap(MacroElement):  # type: ignore[misc]
    """Starts the planners' page around the map."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.plannerMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "PlannerMap"
        self.tiles = tiles


class PlansMap(JSCSSMixin, MacroElement):  # type: ignore[misc]
    """Starts the page where grids are redrawn. GeoMan draws lines and rings; the service says what becomes of them."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.plansMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)
    default_js: ClassVar = [("leaflet_geoman", "leaflet-geoman.min.js")]
    default_css: ClassVar = [("leaflet_geoman_css", "leaflet-geoman.css")]

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "PlansMap"
        self.tiles = tiles


class TwinMaps(MacroElement):  # type: ignore[misc]
    """Starts the page of two maps, those before and those after, each with its tiles; it hangs from the second."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.twinMaps([
        {%- for tiles in this.sides %}
          [{{ tiles._parent.get_name() }}, {{ tiles.get_name() }}],
        {%- endfor %}
        ]);
        {% endmacro %}
    """)

    def __init__(self, *sides: VectorTiles) -> None:
        super().__init__()
        self._name = "TwinMaps"
        self.sides = sides


class ProposalsMap(MacroElement):  # type: ignore[misc]
    """Starts the page where everybody looks at proposed plans and comments on them."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.proposalsMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "ProposalsMap"
        self.tiles = tiles


class DispatchMap(MacroElement):  # type: ignore[misc]
    """Starts the board of dispatchers around the map."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.dispatchMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "DispatchMap"
        self.tiles = tiles


class FiguresMap(MacroElement):  # type: ignore[misc]
    """Starts the page of figures around the map."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.figuresMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "FiguresMap"
        self.tiles = tiles


class PublicMap(MacroElement):  # type: ignore[misc]
    """Starts the page around the map: lists, cards, search, legend. All of it works on the page's JSON."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        gridcircle.publicMap({{ this._parent.get_name() }}, {{ this.tiles.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, tiles: VectorTiles) -> None:
        super().__init__()
        self._name = "PublicMap"
        self.tiles = tiles
