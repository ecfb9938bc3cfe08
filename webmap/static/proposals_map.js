// A proposed plan on the map: borders as they are and as they shall be, ground that changes hands, names, the chosen grid.

import { AIR, INK, REACH } from "./colours.js";
import { el } from "./dom.js";
import { holds, middleOf, partsOf } from "./plans_geometry.js";

const PANES = { moved: 410, before: 415, after: 420, chosen: 425 };
const NAME_PX = 64;
const CASING = { color: "#ffffff", opacity: 0.85, fill: false, interactive: false };

export class ProposalLayer {
  constructor(map) {
    Object.assign(this, { map, shapes: new Map(), nameOf: () => "" });
    this.looks = Object.fromEntries(Object.entries(PANES).map(([name, level]) => {
      const pane = `laid-${name}`;
      map.createPane(pane).style.zIndex = level;
      return [name, { pane, renderer: L.svg({ pane, padding: 0.4 }) }];
    }));
    this.group = L.layerGroup().addTo(map);
    this.names = L.layerGroup().addTo(map);
    this.chosen = L.layerGroup().addTo(map);
    map.on("zoomend", () => this.drawNames());
  }

  clear() {
    for (const layer of [this.group, this.names, this.chosen]) layer.clearLayers();
    this.shapes.clear();
  }

  /** Draw one plan; `nameOf(id)` is how its grids are called on the map. */
  show({ before, after, moved }, nameOf) {
    this.clear();
    this.nameOf = nameOf;
    this.veil(after);
    for (const ground of moved) this.polygon(ground, "moved", { stroke: false, interactive: false, fillColor: "url(#hatch-moved)", fillOpacity: 1 });
    for (const grid of before) {
      this.polygon(grid, "before", { ...CASING, weight: 4.4 });
      this.polygon(grid, "before", { fill: false, interactive: false, color: AIR, weight: 2.2, dashArray: "6 4" });
    }
    for (const grid of after) this.polygon(grid, "after", { ...CASING, weight: 6 });
    for (const grid of after) {
      const shape = this.polygon(grid, "after", { color: REACH, weight: 3, fillOpacity: 0, lineJoin: "round" });
      shape.getElement().setAttribute("data-grid", grid.properties.grid_id);
      this.shapes.set(grid.properties.grid_id, shape);
    }
    this.drawNames();
  }

  polygon(feature, name, style) {
    const shape = L.polygon(partsOf(feature), { ...this.looks[name], ...style, className: `laid-${name}` });
    this.group.addLayer(shape);
    return shape;
  }

  /** Pale ground around the community, so that its grids stand out. */
  veil(grids) {
    const world = [[-85, -180], [-85, 180], [85, 180], [85, -180]];
    const holes = grids.flatMap((grid) => partsOf(grid).flat());
    this.group.addLayer(L.polygon([world, ...holes], { ...this.looks.moved, stroke: false, fillColor: "#fdfcf9", fillOpacity: 0.5, interactive: false }));
  }

  /** Names where there is room for them. */
  drawNames() {
    this.names.clearLayers();
    for (const [id, shape] of this.shapes) {
      const box = shape.getBounds();
      if (this.map.project(box.getSouthEast()).x - this.map.project(box.getNorthWest()).x < NAME_PX) continue;
      const icon = L.divIcon({ className: "laid-name", iconSize: [0, 0], html: el("span", {}, this.nameOf(id)) });
      this.names.addLayer(L.marker(middleOf(shape.getLatLngs(), this.map), { icon, interactive: false, keyboard: false }));
    }
  }

  /** Mark a grid; null to mark none. */
  choose(id) {
    this.chosen.clearLayers();
    const rings = this.shapes.get(id)?.getLatLngs();
    if (!rings) return;
    const style = { ...this.looks.chosen, interactive: false };
    this.chosen.addLayer(L.polygon(rings, { ...style, color: "#ffffff", weight: 9, fill: false }));
    this.chosen.addLayer(L.polygon(rings, { ...style, color: INK, weight: 4.5, fillColor: REACH, fillOpacity: 0.07, className: "chosen-grid" }));
  }

  bounds(ids = [...this.shapes.keys()]) {
    return ids.reduce((all, id) => all.extend(this.shapes.get(id).getBounds()), L.latLngBounds([]));
  }

  /** The proposed grid that holds a place, or null. */
  gridAt(latlng) {
    return [...this.shapes].find(([, shape]) => holds(shape.getLatLngs(), latlng))?.[0] ?? null;
  }

  /** The number of each plan of the list, where it lies. */
  signposts(plans, labelOf, onChoose) {
    this.clear();
    plans.forEach((plan, i) => {
      const [lon, lat] = plan.centre;
      const icon = L.divIcon({ className: "laid-sign", iconSize: [34, 34], html: el("span", {}, String(i + 1)) });
      const sign = L.marker([lat, lon], { icon, keyboard: false, title: labelOf(plan) });
      this.group.addLayer(sign.on("click", () => onChoose(plan.id)));
    });
  }
}
