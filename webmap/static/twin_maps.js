// Two maps that move together: the grids before on the one, those after on the other, and the ground between them.

import { INK } from "./colours.js";
import { el } from "./dom.js";
import { say } from "./page.js";
import { middleOf, partsOf } from "./plans_geometry.js";

const PANES = { grids: 410, moved: 415, marks: 430 };
const SIDES = ["before", "after"];
const NAME_PX = 92;
const BADGE_PX = 26;

/** Show on one map what the other shows, to half a pixel: setView() cuts pixels off, and would lag behind by one. */
function meet(map, centre, zoom) {
  if (map.getZoom() !== zoom) map.setView(centre, zoom, { animate: false });
  else map.panBy(map.project(centre, zoom).subtract(map.project(map.getCenter(), zoom)).round(), { animate: false });
}

/** What is done to one map is done to the other. */
function follow(one, other) {
  let isFollowing = false;
  const move = (from, to) => from.on("move", () => {
    if (isFollowing) return;
    isFollowing = true;
    meet(to, from.getCenter(), from.getZoom());
    isFollowing = false;
  });
  move(one, other);
  move(other, one);
}

/** One of the two maps. */
class Side {
  constructor(map, name) {
    Object.assign(this, { map, name, grids: [], ground: [] });
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", say("twin_map_words", { side: say(`twin_${name}`) }));
    this.looks = Object.fromEntries(Object.entries(PANES).map(([pane, level]) => {
      map.createPane(`twin-${pane}`).style.zIndex = level;
      return [pane, { pane: `twin-${pane}`, renderer: L.svg({ pane: `twin-${pane}`, padding: 0.4 }), interactive: false }];
    }));
    this.group = L.layerGroup().addTo(map);
    this.names = L.layerGroup().addTo(map);
    this.marks = L.layerGroup().addTo(map);
    this.title = el("p", { class: "twin-name" });
    const control = L.control({ position: "topleft" });
    control.onAdd = () => this.title;
    control.addTo(map);
    map.on("zoomend", () => this.drawNames());
  }

  show(grids, ground, flows, title) {
    Object.assign(this, { grids, ground, flows });
    this.title.replaceChildren(el("b", {}, say(`twin_${this.name}`)), ` ${title}`);
    this.group.clearLayers();
    this.marks.clearLayers();
    for (const grid of grids) {
      const { colour } = flows.groupOf(grid.properties);
      this.group.addLayer(L.polygon(partsOf(grid), { ...this.looks.grids, color: INK, weight: 1.8, opacity: 0.9, fillColor: colour, fillOpacity: 0.2, className: "twin-grid" }));
    }
    for (const each of ground) {
      const shape = L.polygon(partsOf(each), { ...this.looks.moved, color: INK, weight: 0.8, fillColor: flows.groupOf(each.after).colour, fillOpacity: 0.82, className: "twin-moved" });
      this.group.addLayer(shape);
      shape.getElement().setAttribute("data-move", moveKey(each));
    }
    this.drawNames();
  }

  /** Show nothing; at another zoom, too. */
  clear() {
    Object.assign(this, { grids: [], ground: [] });
    this.title.replaceChildren();
    for (const layers of [this.group, this.names, this.marks]) layers.clearLayers();
  }

  /** Names and numbers where there is room for them; on ground that changes grid, where it comes to or from. */
  drawNames() {
    this.names.clearLayers();
    for (const grid of this.grids) {
      const group = this.flows.groupOf(grid.properties);
      const hasRoom = this.sizeOf(grid).x > NAME_PX;
      this.badge(grid, "grid-label", el("b", {}, el("i", { class: "key-number" }, group.number), hasRoom && group.name ? group.name : null));
    }
    for (const each of this.ground) {
      const { x, y } = this.sizeOf(each);
      if (Math.min(x, y) < BADGE_PX) continue;
      const words = this.name === "before" ? `→${this.flows.groupOf(each.after).number}` : `←${this.flows.groupOf(each.before).number}`;
      this.badge(each, "twin-badge", words);
    }
  }

  badge(feature, className, content) {
    const icon = L.divIcon({ className, iconSize: [0, 0], html: el("span", {}, content) });
    this.names.addLayer(L.marker(middleOf(partsOf(feature), this.map), { icon, interactive: false, keyboard: false }));
  }

  /** How wide and high something is, in pixels. */
  sizeOf(feature) {
    const box = L.polygon(partsOf(feature)).getBounds();
    return this.map.project(box.getSouthEast()).subtract(this.map.project(box.getNorthWest()));
  }

  /** Mark the ground of a move; of none to mark nothing. */
  mark(key) {
    this.marks.clearLayers();
    for (const each of this.ground.filter((ground) => moveKey(ground) === key)) {
      this.marks.addLayer(L.polygon(partsOf(each), { ...this.looks.marks, color: "#ffffff", weight: 7, fill: false }));
      this.marks.addLayer(L.polygon(partsOf(each), { ...this.looks.marks, color: INK, weight: 3.4, fill: false, className: "twin-chosen" }));
    }
  }
}

/** From which grid to which something goes. */
export const moveKey = ({ before, after }) => `${before?.id ?? ""}>${after?.id ?? ""}`;

export class TwinMaps {
  constructor(maps) {
    this.maps = maps;
    this.sides = maps.map((map, i) => new Side(map, SIDES[i]));
    const [first, second] = maps;
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(second);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(second);
    follow(first, second);
  }

  /** `grids` and `titles` are those before and those after; `ground` is what changes grid. */
  show(grids, ground, flows, titles) {
    this.sides.forEach((side, i) => side.show(grids[i], ground, flows, titles[i]));
  }

  clear() {
    for (const side of this.sides) side.clear();
  }

  mark(key) {
    for (const side of this.sides) side.mark(key);
  }

  /** All that is drawn, or the ground of one move. */
  bounds(key = null) {
    const [{ ground }] = this.sides;
    const meant = key === null ? this.sides.flatMap((side) => side.grids) : ground.filter((each) => moveKey(each) === key);
    return meant.reduce((all, each) => all.extend(L.polygon(partsOf(each)).getBounds()), L.latLngBounds([]));
  }

  fit(bounds) {
    if (bounds.isValid()) this.maps[0].fitBounds(bounds, { padding: [18, 18], maxZoom: 17, animate: false });
  }

  /** The maps have another size. */
  resized() {
    for (const map of this.maps) map.invalidateSize({ animate: false, pan: false });
    const [first, second] = this.maps;
    second.setView(first.getCenter(), first.getZoom(), { animate: false });
  }
}
