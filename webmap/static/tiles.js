// The tiles of our own service as a Leaflet layer.

import { LAND } from "./colours.js";
import { labelRules, paintRules } from "./cartography.js";
import { headers, isTokenLost, sameReader, token } from "./net.js";
import { language } from "./page.js";

/** A tile that could not be fetched is asked for again after so long, and then after twice as long each time. */
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
/** Of the service's answers, those that may be others in a moment. */
const isPassing = (status) => status === 408 || status === 429 || status >= 500;

/** Fetches tiles with the reader's rights; the painter's own source cannot send headers. */
class Source {
  constructor(layers) {
    this.layers = layers;
    this.missing = 0;
    this.onTrouble = () => {};
    this.asleep = new Set();
    addEventListener("online", () => this.wake());
  }

  /** What is missing is asked for again at once: the service can be reached. */
  wake() {
    for (const ask of this.asleep) ask();
    this.asleep.clear();
  }

  paused(ms) {
    return new Promise((resolve) => {
      this.asleep.add(resolve);
      setTimeout(() => this.asleep.delete(resolve) && resolve(), ms);
    });
  }

  // The painter would abort requests of other zooms; but one that is asked for again before its abort has been noticed
  // stays empty for good. The few tiles that are then fetched for nothing are small.
  async getZxy(z, x, y) {
    const address = `/tiles/${this.layers.join(",")}/${z}/${x}/${y}.mvt`;
    let isMissing = false;
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const found = await fetched(address);
      if (isMissing !== found.isMissing) this.told(isMissing = found.isMissing);
      if (!isMissing) return found.data;
      await this.paused(pause);
    }
  }

  /** One tile more is missing, or one less: the reader is told as long as there are any. */
  told(isMissing) {
    this.missing += isMissing ? 1 : -1;
    this.onTrouble(this.missing > 0);
  }
}

/** What there is of a tile for whoever reads when it has come; `isMissing` if it may come later. */
async function fetched(address) {
  const [reader, known] = [sameReader(), token()];
  let response;
  let data;
  try {
    response = await fetch(address, { headers: headers(known), signal: reader });
    data = response.status === 200 ? { data: await response.arrayBuffer() } : undefined;
  } catch {
    return reader.aborted ? fetched(address) : { isMissing: true };
  }
  if (response.status === 401) isTokenLost(401, (await response.json()).detail, known);
  if (reader.aborted) return fetched(address);
  return { data, isMissing: isPassing(response.status) };
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

/** Fetch again: another reader sees other things, and of those before nothing stays while they come. */
export function reload(layer) {
  for (const view of layer.views.values()) view.tileCache.cache.clear();
  for (const canvas of layer.getContainer()?.querySelectorAll("canvas") ?? []) canvas.getContext("2d").reset();
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
