// What a planner imagines: tools on the map, and the list of changes, each of which can be taken back.

import { INK, REACH } from "./colours.js";
import { byId, el, fill } from "./dom.js";
import { say } from "./page.js";
import { look, symbolCanvas } from "./symbols.js";

const TOOLS = ["look", "add_station", "add_street", "cut_street", "add_gate"];
const DIGITS = 6;

const lonlat = ({ lng, lat }) => [Number(lng.toFixed(DIGITS)), Number(lat.toFixed(DIGITS))];
const latlng = ([lon, lat]) => L.latLng(lat, lon);

/** A symbol of fixed looks; its texts are set as text. */
function badge(className, ...children) {
  return L.divIcon({ className: `badge ${className}`, iconSize: [30, 30], html: el("span", {}, children) });
}

export class Changes {
  /** `onChange()` is called after every change; `onStation(station)` when one is chosen on the map; `centre()` is its middle. */
  constructor(map, { onChange, onStation, centre }) {
    Object.assign(this, { map, onChange, onStation, centre, list: [], tool: "look", corners: [], markers: new Map(), stations: [] });
    this.drawn = L.layerGroup().addTo(map);
    this.sketch = L.layerGroup().addTo(map);
    this.places = L.layerGroup().addTo(map);
    map.on("click", (event) => this.use(event.latlng));
    map.on("mousemove", (event) => this.drawSketch(event.latlng));
    this.drawTools();
    this.draw();
  }

  /** Stations as markers that can be dragged. */
  show(stations) {
    this.stations = stations;
    this.draw();
  }

  clear() {
    this.list = [];
    this.corners = [];
    this.draw();
  }

  of(id) {
    return this.list.findIndex((change) => change.station_id === id && change.kind !== "change_hours");
  }

  /** Put a change in: one that replaces an older one of the same station takes its place. */
  add(change) {
    const old = this.list.findIndex((each) => each.station_id !== undefined && each.station_id === change.station_id
      && (each.kind === "change_hours") === (change.kind === "change_hours"));
    if (old >= 0) this.list.splice(old, 1);
    this.list.push(change);
    this.draw();
    byId("status").textContent = this.words(change);
    this.onChange();
  }

  remove(number) {
    this.list.splice(number, 1);
    this.draw();
    (byId("changes").querySelector("button") ?? byId("tools").querySelector("input:checked")).focus();
    this.onChange();
  }

  pick(tool) {
    this.tool = tool;
    this.corners = [];
    this.drawTools();
    this.drawSketch();
    byId("crosshair").hidden = tool === "look";
    this.map.getContainer().classList.toggle("drawing", tool !== "look");
  }

  /** What a click does with the chosen tool. */
  use(place) {
    if (this.tool === "look" || !this.isOn) return;
    if (this.tool === "add_street") {
      this.corners.push(place);
      this.drawTools();
      this.drawSketch();
    } else {
      const name = this.tool === "add_station" ? { name: say("plan_new_station", { n: this.list.filter((change) => change.kind === "add_station").length + 1 }) } : {};
      this.add({ kind: this.tool, lonlat: lonlat(place), ...name });
    }
  }

  finish() {
    const { corners } = this;
    if (corners.length < 2) return;
    this.corners = [];
    this.add({ kind: "add_street", lonlats: corners.map(lonlat), highway: "footway" });
    this.drawTools();
    this.drawSketch();
  }

  cancel() {
    if (this.corners.length > 0) this.corners.pop();
    else if (this.tool !== "look") this.pick("look");
    this.drawTools();
    this.drawSketch();
  }

  drawTools() {
    const chips = TOOLS.map((tool) => {
      const input = el("input", { type: "radio", name: "tool", value: tool, checked: tool === this.tool });
      input.addEventListener("change", () => {
        this.pick(tool);
        byId("tools").querySelector(`input[value="${tool}"]`).focus();
      });
      return el("label", { class: "chip" }, input, el("span", {}, say(`plan_tool_${tool}`)));
    });
    const isStreet = this.tool === "add_street";
    fill(byId("tools"),
      el("fieldset", { class: "choices" }, el("legend", {}, say("plan_tools")), el("div", { class: "chip-row" }, chips)),
      el("p", { class: "note" }, say(`plan_hint_${this.tool}`)),
      this.tool === "look" ? null : el("p", { class: "button-row" },
        el("button", { type: "button", class: "plain", onclick: () => this.use(this.centre()) }, say(isStreet ? "plan_corner_centre" : "plan_centre")),
        isStreet ? el("button", { type: "button", class: "plain", id: "finish-street", disabled: this.corners.length < 2, onclick: () => this.finish() }, say("plan_finish")) : null,
        el("button", { type: "button", class: "plain", onclick: () => this.cancel() }, say("plan_cancel"))));
  }

  drawSketch(at = null) {
    this.sketch.clearLayers();
    if (this.corners.length === 0) return;
    const line = at ? [...this.corners, at] : this.corners;
    this.sketch.addLayer(L.polyline(line, { color: REACH, weight: 4, dashArray: "6 6", interactive: false }));
    for (const corner of this.corners) this.sketch.addLayer(L.circleMarker(corner, { radius: 5, color: REACH, fillColor: "#fff", fillOpacity: 1, interactive: false }));
  }

  draw() {
    this.drawn.clearLayers();
    this.list.forEach((change) => this.drawChange(change));
    this.drawStations();
    const rows = this.list.map((change, number) => el("li", {}, el("span", {}, this.words(change)),
      el("button", { type: "button", class: "plain", "aria-label": say("plan_take_back_one", { what: this.words(change) }), onclick: () => this.remove(number) }, say("plan_take_back"))));
    fill(byId("changes"), rows.length > 0 ? rows : el("li", { class: "note" }, say("plan_no_changes")));
  }

  drawChange(change) {
    const white = { color: "#ffffff", weight: 8, opacity: 0.9, interactive: false };
    if (change.kind === "add_street") {
      const line = change.lonlats.map(latlng);
      this.drawn.addLayer(L.polyline(line, white)).addLayer(L.polyline(line, { color: REACH, weight: 4, interactive: false, className: "drawn-street" }));
    } else if (change.kind === "move_station") {
      const from = this.station(change.station_id)?.geometry.coordinates;
      if (from) this.drawn.addLayer(L.polyline([latlng(from), latlng(change.lonlat)], { color: INK, weight: 2, dashArray: "3 5", interactive: false }));
    } else if (change.lonlat && change.kind !== "add_station") {
      const icon = badge(`badge-${change.kind}`, change.kind === "cut_street" ? "✕" : "⊓");
      this.drawn.addLayer(L.marker(latlng(change.lonlat), { icon, interactive: false, keyboard: false }));
    } else if (change.kind === "add_station") {
      const icon = badge("badge-new", "+");
      const marker = L.marker(latlng(change.lonlat), { icon, draggable: true, title: change.name, alt: change.name });
      marker.on("dragend", () => {
        change.lonlat = lonlat(marker.getLatLng());
        this.draw();
        this.onChange();
      });
      this.drawn.addLayer(marker);
    }
  }

  drawStations() {
    this.places.clearLayers();
    this.markers.clear();
    for (const station of this.stations) {
      const { id, name, kind } = station.properties;
      const change = this.list[this.of(id)];
      const isClosed = change?.kind === "close_station";
      const icon = badge(isClosed ? "badge-closed" : "badge-station", symbolCanvas(look("station", { kind }), 10));
      const at = change?.lonlat ?? station.geometry.coordinates;
      const marker = L.marker(latlng(at), { icon, draggable: true, title: name, alt: name });
      marker.on("click", () => this.onStation(station));
      marker.on("keydown", ({ originalEvent: event }) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        L.DomEvent.stop(event);
        this.onStation(station);
      });
      marker.on("dragend", () => this.add({ kind: "move_station", station_id: id, lonlat: lonlat(marker.getLatLng()) }));
      this.places.addLayer(marker);
      this.markers.set(id, marker);
    }
  }

  station(id) {
    return this.stations.find((station) => station.properties.id === id);
  }

  words(change) {
    const name = this.station(change.station_id)?.properties.name ?? change.name ?? "";
    return say(`plan_change_${change.kind}`, { name, hours: change.opening_hours, metres: change.lonlats ? Math.round(length(change.lonlats)) : 0 });
  }
}

function length(lonlats) {
  return lonlats.slice(1).reduce((sum, place, i) => sum + latlng(lonlats[i]).distanceTo(latlng(place)), 0);
}

export { latlng, lonlat };
