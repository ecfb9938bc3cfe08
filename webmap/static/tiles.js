// The tiles of our own service as a Leaflet layer.

import { LAND } from "./colours.js";
import { labelRules, paintRules } from "./cartography.js";
import { headers } from "./net.js";
import { language } from "./page.js";

/** Fetches tiles with the reader's rights; the painter's own source cannot send headers. */
class Source {
  constructor(layers) {
    this.layers = layers;
    this.onTrouble = () => {};
  }

  // The painter would abort requests of other zooms; but one that is asked for again before its abort has been noticed
  // stays empty for good. The few tiles that are then fetched for nothing are small.
  async getZxy(z, x, y) {
    let response;
    try {
      response = await fetch(`/tiles/${this.layers.join(",")}/${z}/${x}/${y}.mvt`, { headers: headers() });
    } catch (error) {
      this.onTrouble(true);
      throw error;
    }
    this.onTrouble(!response.ok);
    if (!response.ok) throw new Error(`tile ${z}/${x}/${y}: ${response.status}`);
    return response.status === 200 ? { data: await response.arrayBuffer() } : undefined;
  }
}

/** The layer that folium's script adds to its map. */
export function vectorTiles({ layers, maxDataZoom }) {
  const source = new Source(layers);
  const layer = protomapsL.leafletLayer({
    url: source, maxDataZoom, attribution: "", lang: language === "zh" ? "zh-CN" : "en",
    paintRules: paintRules(), labelRules: labelRules(), backgroundColor: LAND.ground,
  });
  layer.source = source;
  return layer;
}

/** Paint again with what is in memory, after a switch. */
export function repaint(layer) {
  layer.clearLayout();
  layer.rerenderTiles();
}

/** Fetch again: another reader sees other things. */
export function reload(layer) {
  for (const view of layer.views.values()) view.tileCache.cache.clear();
  repaint(layer);
}

/** What lies under a point: the first station, resource or incident near it, and the grid around it. */
export function pick(layer, latlng) {
  const found = [...layer.queryTileFeaturesDebug(latlng.lng, latlng.lat, 18).values()].flat();
  const first = (name, fits = () => true) => found.find((entry) => entry.layerName === name && fits(entry.feature))?.feature;
  return {
    station: first("station"),
    resource: first("resource"),
    incident: first("incident", (feature) => feature.geomType === 1),
    cell: first("incident", (feature) => feature.geomType === 3),
    grid: first("grid"),
  };
}
