// Lines and rings drawn with GeoMan: a line splits the chosen grid, a ring carves a special grid out of what it covers.

import { el } from "./dom.js";
import { say } from "./page.js";
import { lonlatOf } from "./plans_geometry.js";

const INK = "#6a2c86";
const LOOKS = {
  snappable: false, tooltips: false, allowSelfIntersection: false, finishOn: "dblclick",
  templineStyle: { color: INK, weight: 3 }, hintlineStyle: { color: INK, weight: 3, dashArray: "5 6" },
  pathOptions: { color: INK, fillColor: INK, fillOpacity: 0.2, weight: 3 },
};

/** Without the corners that a double press sets twice. */
const distinct = (places) => places.filter((place, i) => i === 0 || place[0] !== places[i - 1][0] || place[1] !== places[i - 1][1]);

class Drawing {
  /** `shape` is GeoMan's name of what is drawn, `fewest` how many corners it needs. */
  constructor(page, shape, fewest) {
    Object.assign(this, { page, map: page.map, shape, fewest, corners: 0 });
    this.made = (event) => this.finished(event.layer);
    this.counted = () => {
      this.corners = this.drawn().length;
      page.tools.drawHint();
    };
    this.began = ({ workingLayer }) => {
      this.layer = workingLayer;
      workingLayer.on("pm:vertexadded", this.counted);
    };
  }

  start() {
    this.map.on("pm:create", this.made);
    this.map.on("pm:drawstart", this.began);
    this.page.crosshair(true);
    this.draw();
  }

  stop() {
    this.map.pm.disableDraw();
    this.map.off("pm:create", this.made);
    this.map.off("pm:drawstart", this.began);
    this.page.crosshair(false);
  }

  draw() {
    this.corners = 0;
    this.map.pm.enableDraw(this.shape, LOOKS);
    this.page.tools.drawHint();
  }

  drawn() {
    return this.layer?.getLatLngs().flat(3) ?? [];
  }

  /** A corner at the cross in the middle, for who draws without a mouse. */
  addCorner() {
    this.map.fire("click", { latlng: this.map.containerPointToLatLng(this.page.centre()) });
  }

  finish() {
    if (this.corners >= this.fewest) this.map.fire("dblclick", { latlng: this.map.getCenter() });
  }

  finished(layer) {
    layer.remove();
    const places = distinct(layer.getLatLngs().flat(3).map(lonlatOf));
    this.use(places);
    queueMicrotask(() => { if (this.page.tools.tool === this) this.again(); }); // GeoMan ends its drawing once this returns
  }

  back() {
    if (this.corners === 0) return false;
    if (this.corners > 1) this.map.pm.Draw[this.shape]._removeLastVertex();
    else this.again();
    this.corners = this.drawn().length;
    this.page.tools.drawHint();
    return true;
  }

  again() {
    this.map.pm.disableDraw();
    this.draw();
  }

  changed() {}

  pressed() {}

  key(event) {
    if (event.key === " ") this.addCorner();
    else if (event.key === "Enter" && this.corners > 0) this.finish();
    else if (event.key === "Backspace" || event.key === "Escape") return this.back();
    else return false;
    return true;
  }

  hint() {
    const button = (key, act, disabled = false, look = "plain") => el("button", { type: "button", class: look, disabled, onclick: act }, say(key));
    return [el("span", { class: "hint-words" }, say(this.hintKey())), el("span", { class: "hint-buttons" },
      button("redraw_corner_centre", () => this.addCorner(), false, "plain at-cross"),
      button("redraw_finish", () => this.finish(), this.corners < this.fewest),
      button("redraw_corner_back", () => this.back(), this.corners === 0))];
  }
}

export class Split extends Drawing {
  constructor(page) {
    super(page, "Line", 2);
  }

  hintKey() {
    return this.page.selected === null ? "redraw_hint_split_any" : "redraw_hint_split";
  }

  /** The chosen grid is split, or without one that in which the middle of the line lies. */
  use(line) {
    const [lon, lat] = middle(line);
    const grid = this.page.selected ?? this.page.layer.gridAt(L.latLng(lat, lon));
    if (grid === null) this.page.note(say("redraw_no_grid_there"));
    else this.page.editor.preview({ op: "split", grid, line });
  }
}

export class Carve extends Drawing {
  constructor(page) {
    super(page, "Polygon", 3);
  }

  hintKey() {
    return "redraw_hint_carve";
  }

  use(polygon) {
    const n = this.page.draft.list.filter((grid) => grid.properties.kind === "special").length + 1;
    this.page.editor.preview({ op: "carve", polygon, name: say("redraw_special_name", { n }) });
  }
}

/** The middle of a line, along it. */
function middle(line) {
  const lengths = line.slice(1).map(([lon, lat], i) => Math.hypot(lon - line[i][0], lat - line[i][1]));
  let left = lengths.reduce((sum, length) => sum + length, 0) / 2;
  for (let i = 0; i < lengths.length; i += 1) {
    const part = lengths[i] > 0 ? left / lengths[i] : 1;
    if (part <= 1) return line[i].map((from, axis) => from + part * (line[i + 1][axis] - from));
    left -= lengths[i];
  }
  return line.at(-1);
}
