// Cases on the map: marks of the shape and colour of their clocks, the open one with its grid and who can be sent.

import { INK, REACH } from "./colours.js";
import { el } from "./dom.js";
import { clockOf } from "./dispatch_clock.js";
import { titleOf } from "./dispatch_queue.js";

const CLOSE_ZOOM = 16;
const SIZE = 26;

const latlng = ([lon, lat]) => [lat, lon];

export class CaseLayer {
  /** `onPress(id, latlng)` when a mark was pressed, and where. */
  constructor(map, { onPress, now }) {
    Object.assign(this, { map, onPress, now, marks: new Map(), open: null, pointed: null });
    this.group = L.layerGroup().addTo(map);
    this.around = L.layerGroup().addTo(map);
    this.pins = L.layerGroup().addTo(map);
  }

  /** These cases and no others; a mark that looks the same stays. */
  show(cases) {
    const wanted = new Map(cases.filter((it) => it.lonlat).map((it) => [it.id, it]));
    for (const [id, { mark }] of this.marks) {
      if (!wanted.has(id)) {
        this.group.removeLayer(mark);
        this.marks.delete(id);
      }
    }
    for (const it of wanted.values()) this.draw(it);
  }

  draw(it) {
    const { state } = clockOf(it, this.now());
    const look = [state, it.id === this.open ? "open" : "", it.id === this.pointed ? "pointed" : ""].filter(Boolean).join(" ");
    const known = this.marks.get(it.id);
    if (known?.look === look && String(known.it.lonlat) === String(it.lonlat)) return;
    if (known) this.group.removeLayer(known.mark);
    const icon = L.divIcon({ className: "case-mark", iconSize: [SIZE, SIZE], html: el("span", { class: look, "data-mark": it.id }) });
    const isUp = it.id === this.open || it.id === this.pointed;
    const mark = L.marker(latlng(it.lonlat), { icon, keyboard: false, title: `#${it.id} ${titleOf(it)}`, zIndexOffset: isUp ? 1000 : state === "over" ? 500 : 0 });
    mark.on("click", ({ originalEvent }) => this.onPress(it.id, this.map.mouseEventToLatLng(originalEvent)));
    this.group.addLayer(mark);
    this.marks.set(it.id, { it, mark, look });
  }

  /** The row of a case has the focus. */
  point(id) {
    const before = this.pointed;
    this.pointed = id;
    for (const each of [before, id]) if (this.marks.has(each)) this.draw(this.marks.get(each).it);
  }

  /** The open case, its grid, and who can be sent; none to put them away. */
  focus(it, grid = null, helpers = []) {
    const before = this.open;
    this.open = it?.id ?? null;
    for (const each of [before, this.open]) if (this.marks.has(each)) this.draw(this.marks.get(each).it);
    this.around.clearLayers();
    if (grid?.geometry) {
      this.around.addLayer(L.geoJSON(grid, { interactive: false, style: { color: "#ffffff", weight: 6, opacity: 0.9, fill: false } }));
      this.around.addLayer(L.geoJSON(grid, { interactive: false, style: { color: INK, weight: 2.5, fillColor: REACH, fillOpacity: 0.06, className: "case-grid" } }));
    }
    helpers.forEach((helper, i) => this.helper(helper, i));
    if (it?.lonlat && !this.marks.has(it.id)) this.around.addLayer(L.circleMarker(latlng(it.lonlat), { radius: 9, interactive: false, color: INK, weight: 3, fillColor: "#ffffff", fillOpacity: 1 }));
  }

  helper(helper, number) {
    if (helper.way?.geometry) {
      for (const style of [{ color: "#ffffff", weight: 7, opacity: 0.85 }, { color: REACH, weight: number === 0 ? 4 : 3, dashArray: number === 0 ? null : "7 6", className: "helper-way" }]) {
        this.around.addLayer(L.geoJSON(helper.way.geometry, { interactive: false, style }));
      }
    }
    const icon = L.divIcon({ className: "helper-mark", iconSize: [SIZE, SIZE], html: el("span", {}, String(number + 1)) });
    this.around.addLayer(L.marker(latlng(helper.lonlat), { icon, interactive: false, keyboard: false, zIndexOffset: 800 }));
  }

  /** Where the report that is being taken in will be. */
  pin(lonlat) {
    this.pins.clearLayers();
    if (!lonlat) return;
    const icon = L.divIcon({ className: "case-mark", iconSize: [SIZE, SIZE], html: el("span", { class: "pin" }) });
    this.pins.addLayer(L.marker(latlng(lonlat), { icon, interactive: false, keyboard: false, zIndexOffset: 1200 }));
    if (!this.map.getBounds().pad(-0.1).contains(latlng(lonlat))) this.lookAt(lonlat);
  }

  lookAt(lonlat) {
    this.map.setView(latlng(lonlat), Math.max(this.map.getZoom(), CLOSE_ZOOM), { animate: false });
  }

  /** The open case and who can be sent, all in sight. */
  fit(it, helpers) {
    if (!it?.lonlat) return;
    const bounds = L.latLngBounds([latlng(it.lonlat), ...helpers.map((helper) => latlng(helper.lonlat))]);
    this.map.fitBounds(bounds.pad(0.15), { maxZoom: CLOSE_ZOOM, padding: [40, 40], animate: false });
  }
}
