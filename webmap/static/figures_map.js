// Parts of the city coloured by a rate; what is hidden is hatched, what has no cases is left pale.

import { INK, NO_FIGURE, SHARE_CLASSES } from "./colours.js";
import { el } from "./dom.js";
import { isWithheld, partName, printed, ratio } from "./figures_table.js";
import { desk, say } from "./page.js";
import { middleOf, partsOf } from "./plans_geometry.js";

const NAME_PX = 74;
const HEIGHT_PX = 34;
const MOST_PATHS = 700;
const HIDDEN = "hidden";
const NONE = "none";

/** The class of a rate's percentage: a number from the worst to the best, `hidden` or `none`. */
export function classOf(its, way) {
  if (isWithheld(its)) return HIDDEN;
  if (its.percent === null) return NONE;
  const bounds = desk.classes[way];
  const number = bounds.reduce((found, from, i) => (Number(its.percent) >= from ? i : found), 0);
  return way === "high" ? number : bounds.length - 1 - number;
}

/** What the colours mean, the best first. */
export function keyOf(way, smallest) {
  const bounds = desk.classes[way];
  const range = (i) => (i + 1 < bounds.length ? say("fig_class_between", { from: bounds[i], to: bounds[i + 1] }) : say("fig_class_from", { from: bounds[i] }));
  const entry = (name, text) => el("li", {}, el("span", { class: `swatch share-${name}`, "aria-hidden": "true" }), text);
  const classes = bounds.map((_, i) => entry(way === "high" ? i : bounds.length - 1 - i, range(i)));
  return el("ul", {}, way === "high" ? classes.reverse() : classes, smallest === null ? null : entry(HIDDEN, say("fig_hidden")), entry(NONE, say("fig_none")));
}

export class RateMap {
  /** `onMark(key)` is told which part was pressed; null: none. */
  constructor(map, onMark) {
    Object.assign(this, { map, onMark, features: [], shapes: new Map(), marked: null });
    map.createPane("rates").style.zIndex = 410;
    map.createPane("rate-marks").style.zIndex = 420;
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", say("fig_map_words"));
    this.svg = L.svg({ pane: "rates", padding: 0.4 });
    this.canvas = L.canvas({ pane: "rates", padding: 0.4 });
    this.group = L.layerGroup().addTo(map);
    this.names = L.layerGroup().addTo(map);
    this.marks = L.layerGroup().addTo(map);
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.on("zoomend", () => this.drawNames());
  }

  /** Draw the shapes of parts; `rows` by code. */
  show(features, rows, rate, way) {
    Object.assign(this, { features, rows, rate });
    this.group.clearLayers();
    this.shapes.clear();
    const isMany = features.length > MOST_PATHS;
    for (const feature of features) {
      const { code } = feature.properties;
      const row = rows.get(code);
      const found = row ? classOf(ratio(row, rate), way) : NONE;
      const shape = L.polygon(partsOf(feature), { pane: "rates", renderer: isMany ? this.canvas : this.svg, color: INK, weight: 1, opacity: 0.65, className: "rate-part", bubblingMouseEvents: false, ...this.look(found, isMany) });
      shape.on("click", () => this.onMark(code === this.marked ? null : code));
      this.group.addLayer(shape);
      shape.getElement()?.setAttribute("data-class", found);
      shape.getElement()?.setAttribute("data-code", code);
      this.shapes.set(code, shape);
    }
    this.drawNames();
    this.mark(this.shapes.has(this.marked) ? this.marked : null);
  }

  look(found, isMany) {
    if (found === NONE) return { fillColor: "#ffffff", fillOpacity: 0.3 };
    if (found === HIDDEN) return isMany ? { fillColor: NO_FIGURE.colour, fillOpacity: 0.7, dashArray: "3 3" } : { fillColor: "url(#hatch-hidden)", fillOpacity: 1 };
    if (SHARE_CLASSES[found].hatched && !isMany) return { fillColor: "url(#hatch-worst)", fillOpacity: 1 };
    return { fillColor: SHARE_CLASSES[found].colour, fillOpacity: 0.78 };
  }

  /** The percentage where there is room for it. */
  drawNames() {
    this.names.clearLayers();
    for (const feature of this.features) {
      const row = this.rows.get(feature.properties.code);
      const its = row && ratio(row, this.rate);
      if (!its || its.percent === null) continue;
      const parts = partsOf(feature);
      const box = L.polygon(parts).getBounds();
      const size = this.map.project(box.getSouthEast()).subtract(this.map.project(box.getNorthWest()));
      if (size.x < NAME_PX || size.y < HEIGHT_PX) continue;
      const name = size.x > 2 * NAME_PX && size.y > 2 * HEIGHT_PX ? el("i", {}, partName(row)) : null;
      const icon = L.divIcon({ className: "rate-label", iconSize: [0, 0], html: el("span", {}, name, el("b", {}, printed(its))) });
      this.names.addLayer(L.marker(middleOf(parts, this.map), { icon, interactive: false, keyboard: false }));
    }
  }

  /** Draw a line around a part; null: around none. */
  mark(key) {
    this.marked = key;
    this.marks.clearLayers();
    const feature = this.features.find((one) => one.properties.code === key);
    if (!feature) return;
    const line = (color, weight, className) => L.polygon(partsOf(feature), { pane: "rate-marks", color, weight, fill: false, interactive: false, className });
    this.marks.addLayer(line("#ffffff", 7, "")).addLayer(line(INK, 3.4, "rate-chosen"));
    const box = this.shapes.get(key).getBounds();
    if (!this.map.getBounds().contains(box)) this.map.panInside(box.getCenter(), { padding: [60, 60], animate: false });
  }

  fit() {
    const bounds = [...this.shapes.values()].reduce((all, shape) => all.extend(shape.getBounds()), L.latLngBounds([]));
    if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [6, 6], maxZoom: 16, animate: false });
  }
}
