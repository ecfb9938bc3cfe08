// The grids of the open plan on the map: colours, hatching, names, and marks around some of them.

import { INK } from "./colours.js";
import { el } from "./dom.js";
import { say } from "./page.js";
import { meanOf, weightColour, weightText } from "./plans_colours.js";
import { holds, middleOf, partsOf, placeKey } from "./plans_geometry.js";

const PANES = { grids: 410, units: 420, marks: 430 };
const NAME_PX = 74;
const KEY_PX = { x: 13, y: 10 };

const line = (weight, more = {}) => ({ weight, fill: false, interactive: false, ...more });

/** The place of a label's number: the middle of its box. */
function keyOf({ left, right, top, bottom }) {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return { left: x - KEY_PX.x, right: x + KEY_PX.x, top: y - KEY_PX.y, bottom: y + KEY_PX.y };
}

const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

export class GridLayer {
  /** `draft` knows names and breaches of grids. */
  constructor(map, draft) {
    Object.assign(this, { map, draft, grids: [], shapes: new Map(), measure: "hours_per_month", selected: null, chosen: new Set() });
    for (const [name, level] of Object.entries(PANES)) {
      map.createPane(`plan-${name}`).style.zIndex = level;
    }
    this.renderer = { grids: L.svg({ pane: "plan-grids", padding: 0.4 }), units: L.svg({ pane: "plan-units", padding: 0.4 }), marks: L.svg({ pane: "plan-marks", padding: 0.4 }) };
    this.group = L.layerGroup().addTo(map);
    this.names = L.layerGroup().addTo(map);
    this.marks = L.layerGroup().addTo(map);
    this.ghosts = L.layerGroup().addTo(map);
    this.others = L.layerGroup().addTo(map);
    map.on("zoomend", () => this.drawNames());
  }

  /** Draw these grids, and no others. */
  show(grids) {
    this.grids = grids;
    this.group.clearLayers();
    this.shapes.clear();
    for (const grid of grids) {
      const rings = partsOf(grid);
      const { id } = grid.properties;
      const shape = L.polygon(rings, { renderer: this.renderer.grids, pane: "plan-grids", className: "plan-grid" });
      const hatch = L.polygon(rings, { renderer: this.renderer.grids, pane: "plan-grids", interactive: false, stroke: false });
      this.group.addLayer(shape).addLayer(hatch);
      this.shapes.set(id, { grid, shape, hatch });
    }
    this.veil();
    this.paint();
  }

  /** Pale ground around the community, so that its grids stand out. */
  veil() {
    if (this.grids.length === 0) return;
    const world = [[-85, -180], [-85, 180], [85, 180], [85, -180]];
    const holes = [...this.shapes.values()].flatMap(({ shape }) => shape.getLatLngs().flat());
    this.group.addLayer(L.polygon([world, ...holes], { renderer: this.renderer.grids, pane: "plan-grids", stroke: false, fillColor: "#fdfcf9", fillOpacity: 0.5, interactive: false, className: "veil" }));
  }

  paint() {
    const mean = meanOf(this.grids, this.measure);
    for (const { grid, shape, hatch } of this.shapes.values()) {
      const { id, is_locked: isLocked } = grid.properties;
      const severity = this.draft.severityOf(id);
      shape.setStyle({
        color: INK, opacity: 0.85, weight: 1.6, fillOpacity: 0.62,
        fillColor: weightColour(grid.properties[this.measure], mean),
      });
      shape.getElement()?.setAttribute("data-grid", id);
      shape.getElement()?.classList.toggle("locked", isLocked);
      hatch.setStyle({ fill: severity !== null, fillColor: `url(#hatch-${severity})`, fillOpacity: 1, className: "breach" });
    }
    this.drawNames();
    this.drawMarks();
  }

  /** Names where there is room for them, else the numbers of their keys, or the last of their codes. */
  drawNames() {
    this.names.clearLayers();
    this.grids.forEach((grid, i) => {
      const { shape } = this.shapes.get(grid.properties.id);
      const box = shape.getBounds();
      const width = this.map.project(box.getSouthEast()).x - this.map.project(box.getNorthWest()).x;
      const icon = L.divIcon({ className: "grid-label", iconSize: [0, 0], html: this.label(grid, i, width > NAME_PX) });
      this.names.addLayer(L.marker(middleOf(shape.getLatLngs(), this.map), { icon, interactive: false, keyboard: false }));
    });
    this.thin();
  }

  /** Of names that would lie over another or over its number, only the number stays; that of the selected grid goes first. */
  thin() {
    const labels = this.names.getLayers().map((marker) => marker.getElement().firstElementChild);
    const boxes = new Map(labels.map((label) => [label, label.getBoundingClientRect()]));
    const rank = (label) => (label.classList.contains("chosen") ? 0 : 1);
    const taken = new Map(labels.map((label) => [label, keyOf(boxes.get(label))]));
    for (const label of labels.sort((one, other) => rank(one) - rank(other))) {
      const box = boxes.get(label);
      const isFree = [...taken].every(([other, held]) => other === label || !meet(box, held));
      if (isFree) taken.set(label, box);
      else label.classList.add("short");
    }
  }

  label(grid, number, hasRoom) {
    const { id, code, is_locked: isLocked } = grid.properties;
    const hasKey = number < 9;
    return el("span", { class: id === this.selected ? "chosen" : null },
      el("b", {}, hasKey ? el("i", { class: "key-number" }, String(number + 1)) : null, hasRoom ? el("span", { class: "grid-name" }, this.draft.nameOf(id)) : null,
        hasKey ? null : el("span", { class: hasRoom ? "grid-code" : null }, code ? code.slice(-3) : String(number + 1)), isLocked ? el("small", {}, say("redraw_locked_tag")) : null),
      hasRoom ? el("small", {}, weightText(grid, this.measure)) : null);
  }

  select(id) {
    this.selected = id;
    this.drawNames();
    this.drawMarks();
  }

  /** Grids that a tool has gathered. */
  choose(ids) {
    this.chosen = new Set(ids);
    this.drawMarks();
  }

  drawMarks() {
    this.marks.clearLayers();
    for (const { grids, line: { coordinates } } of this.draft.bridges) this.bridge(coordinates, grids[0] === grids[1]);
    for (const { properties: it } of this.grids) if (it.kind === "special") this.outline(it.id, "special-grid", { color: INK, weight: 3, dashArray: "0.1 6", lineCap: "round" });
    for (const id of this.chosen) this.outline(id, "gathered", { color: "#0b5fa5", weight: 4, dashArray: "8 5" });
    if (this.selected !== null) this.outline(this.selected, "chosen-grid", { color: INK, weight: 3.4 });
  }

  /** Units that hang together though they share no border; a split across the line parts them. */
  bridge(places, counts) {
    const options = { renderer: this.renderer.marks, pane: "plan-marks" };
    const way = places.map(([lon, lat]) => [lat, lon]);
    this.marks.addLayer(L.polyline(way, line(7, { ...options, color: "#ffffff", opacity: 0.95 })));
    this.marks.addLayer(L.polyline(way, line(3, { ...options, color: INK, opacity: counts ? 1 : 0.5, dashArray: "2 5", className: "bridge" })));
  }

  outline(id, className, { color, weight, ...more }) {
    const found = this.shapes.get(id);
    if (!found) return;
    const options = { renderer: this.renderer.marks, pane: "plan-marks" };
    const rings = found.shape.getLatLngs();
    this.marks.addLayer(L.polygon(rings, line(weight + 4, { ...options, color: "#ffffff", opacity: 0.95 })));
    this.marks.addLayer(L.polygon(rings, line(weight, { ...options, ...more, color, className })));
  }

  /** What an edit would make of grids, in dashes over what they are. */
  ghost(grids) {
    this.ghosts.clearLayers();
    const options = { renderer: this.renderer.marks, pane: "plan-marks" };
    for (const grid of grids) {
      const rings = partsOf(grid);
      this.ghosts.addLayer(L.polygon(rings, line(5, { ...options, color: "#ffffff", opacity: 0.9 })));
      this.ghosts.addLayer(L.polygon(rings, line(2.6, { ...options, color: "#6a2c86", dashArray: "7 5", className: "ghost" })));
    }
  }

  /** The borders of another plan, over those of the open one; none to put them away. */
  compare(grids) {
    this.others.clearLayers();
    const options = { renderer: this.renderer.marks, pane: "plan-marks" };
    for (const grid of grids) this.others.addLayer(L.polygon(partsOf(grid), line(2.4, { ...options, color: "#a8206f", dashArray: "2 5", className: "other-plan" })));
  }

  /** A shape that a breach points at. */
  point(geometry) {
    this.ghosts.clearLayers();
    const style = { color: "#a2321c", weight: 4, fillColor: "#a2321c", fillOpacity: 0.35, className: "offence" };
    const pointToLayer = (_, latlng) => L.circleMarker(latlng, { radius: 9 });
    this.ghosts.addLayer(L.geoJSON(geometry, { style, pointToLayer, interactive: false, renderer: this.renderer.marks, pane: "plan-marks" }));
  }

  unpoint() {
    this.ghosts.clearLayers();
  }

  bounds(ids = null) {
    const shapes = [...this.shapes.values()].filter(({ grid }) => ids === null || ids.includes(grid.properties.id));
    return shapes.reduce((all, { shape }) => all.extend(shape.getBounds()), L.latLngBounds([]));
  }

  /** The grid that holds a place, or none. */
  gridAt(latlng) {
    const found = [...this.shapes.values()].find(({ shape }) => holds(shape.getLatLngs(), latlng));
    return found?.grid.properties.id ?? null;
  }

  /** Take hold of a vertex: every grid that has it follows what the returned function is told. */
  grab([lon, lat]) {
    const wanted = placeKey(lon, lat);
    const held = [];
    for (const { shape, hatch } of this.shapes.values()) {
      for (const layer of [shape, hatch]) {
        const points = layer.getLatLngs().flat(2).filter((point) => placeKey(point.lng, point.lat) === wanted);
        if (points.length > 0) held.push({ layer, points });
      }
    }
    return (latlng) => {
      for (const { layer, points } of held) {
        for (const point of points) Object.assign(point, { lat: latlng.lat, lng: latlng.lng });
        layer.redraw();
      }
      this.drawMarks();
    };
  }
}
