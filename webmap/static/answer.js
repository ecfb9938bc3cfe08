// What would change, in words, bars and colours; and as a file.

import { GAIN, LOSS } from "./colours.js";
import { bar } from "./cards.js";
import { byId, csvCell, el, fill } from "./dom.js";
import { getJson } from "./net.js";
import { count, decimal, percent, say } from "./page.js";

const MOST_GRIDS = 120;
const MOST_PLACES = 12;

const signed = (n) => (n > 0 ? `+${count(n)}` : n < 0 ? `−${count(-n)}` : "0");

export class Answer {
  constructor(map) {
    this.map = map;
    this.layer = L.layerGroup().addTo(map);
    this.outlines = new Map();
  }

  /** While a new answer is on its way the old one stays, paler. */
  wait(isWaiting) {
    byId("answer").classList.toggle("waiting", isWaiting);
    byId("answer").setAttribute("aria-busy", String(isWaiting));
  }

  clear() {
    this.told = null;
    this.wait(false);
    this.layer.clearLayers();
    fill(byId("answer"));
    byId("reach-key").hidden = true;
  }

  async show(answer, zoomTo, signal) {
    this.told = answer;
    this.zoomTo = zoomTo;
    this.tell(answer);
    this.layer.clearLayers(); // the colours of the answer before
    await this.colour(answer, signal);
  }

  tell({ everybody, before, after, gained, lost, grids, stations, winners, losers, week, provenance, residents_nearer: nearer, residents_farther: farther }) {
    const share = (part) => (everybody.residents ? part.residents / everybody.residents : 0);
    const shown = (part) => percent(share(part));
    const of = (part) => say("residents_of", { n: count(part.residents), all: count(everybody.residents) });
    const group = (name) => el("tr", {}, el("th", { scope: "row" }, say(`plan_${name}`)), el("td", {}, count(before[name])), el("td", {}, count(after[name])),
      el("td", { class: "gain" }, signed(gained[name])), el("td", { class: "loss" }, signed(-lost[name])));
    const head = ["plan_who", "plan_before", "plan_after", "plan_gained", "plan_lost"].map((key) => el("th", { scope: "col" }, say(key)));
    fill(byId("answer"),
      el("h2", {}, say("plan_answer")),
      el("p", { class: "verdict", id: "verdict" }, say("plan_verdict", { gained: count(gained.residents), lost: count(lost.residents) })),
      bar(say("plan_share_before"), share(before), shown(before), of(before), "old"),
      bar(say("plan_share_after"), share(after), shown(after), of(after), "walk"),
      el("table", { class: "figures-table" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, ["residents", "elderly", "children"].map(group))),
      el("p", { class: "note" }, say("plan_nearer", { nearer: count(nearer), farther: count(farther) })),
      week ? el("p", {}, say("plan_week", { hours: signed(Math.round(week.gained_person_hours - week.lost_person_hours)), people: count(week.newly_reached) })) : null,
      this.places("plan_winners", winners), this.places("plan_losers", losers),
      stations.length === 0 ? null : el("details", {}, el("summary", {}, say("plan_stations_changed", { n: stations.length })),
        el("ul", { class: "rows" }, stations.map((station) => el("li", { class: "figure-row" }, el("span", {}, station.name || say("plan_unnamed")),
          el("span", { class: "row-figure" }, `${count(station.residents_before)} → ${count(station.residents_after)}`))))),
      grids.length === 0 ? null : el("details", {}, el("summary", {}, say("plan_grids_changed", { n: grids.length })),
        el("ul", { class: "rows" }, grids.map((grid) => el("li", { class: "figure-row" }, el("span", {}, grid.name, el("span", { class: "note block" }, grid.code)),
          el("span", { class: "row-figure" }, signed(grid.gained - grid.lost)))))),
      el("p", { class: "button-row" }, el("button", { type: "button", class: "plain", onclick: () => this.save("json") }, say("plan_save_json")),
        el("button", { type: "button", class: "plain", onclick: () => this.save("csv") }, say("plan_save_csv"))),
      el("p", { class: "note" }, say("made_of", { streets: provenance.network_date ?? "–", data: provenance.data_date ?? "–", hash: provenance.inputs_hash.slice(0, 8) })));
  }

  places(key, places) {
    if (places.length === 0) return null;
    const minutes = (value) => (value === null ? say("plan_beyond") : say("minutes_n", { n: decimal(value) }));
    return el("section", {}, el("h3", {}, say(key)), el("ul", { class: "rows" }, places.slice(0, MOST_PLACES).map((place) => el("li", {},
      el("button", { type: "button", class: "row", onclick: () => this.zoomTo(place.lonlat) },
        el("span", { class: "row-main" }, el("span", { class: "row-name" }, place.name || say("plan_unnamed")),
          el("span", { class: "note" }, `${minutes(place.minutes_before)} → ${minutes(place.minutes_after)}`)),
        el("span", { class: "row-figure" }, count(place.residents)))))));
  }

  /** Grids in the colour of what they gain or lose, with the number in them. */
  async colour(answer, signal) {
    const ranked = [...answer.grids].sort((a, b) => Math.abs(b.gained - b.lost) - Math.abs(a.gained - a.lost)).slice(0, MOST_GRIDS);
    const outlines = await Promise.all(ranked.map((grid) => this.outline(grid.grid_id, signal)));
    signal.throwIfAborted();
    ranked.forEach((grid, i) => {
      const change = grid.gained - grid.lost;
      const part = Math.min(1, Math.abs(change) / Math.max(1, grid.residents));
      const colour = change >= 0 ? GAIN : LOSS;
      const style = { color: colour, weight: 2.5, fillColor: colour, fillOpacity: 0.18 + 0.5 * part, dashArray: change >= 0 ? null : "6 4", className: `changed ${change >= 0 ? "gained" : "lost"}` };
      const drawn = L.geoJSON(outlines[i], { interactive: false, style });
      this.layer.addLayer(drawn);
      const icon = L.divIcon({ className: "change-label", html: el("span", {}, signed(change)), iconSize: [80, 22] });
      this.layer.addLayer(L.marker(drawn.getBounds().getCenter(), { icon, interactive: false, keyboard: false }));
    });
    const entry = (className, text) => el("li", {}, el("span", { class: `swatch ${className}`, "aria-hidden": "true" }), text);
    fill(byId("reach-key"), el("ul", {}, entry("key-gain", say("plan_key_gain")), entry("key-loss", say("plan_key_loss"))));
    byId("reach-key").hidden = false;
  }

  /** Around all that changes; none where nothing does. */
  get bounds() {
    const drawn = this.layer.getLayers().filter((layer) => layer.getBounds);
    return drawn.length > 0 ? drawn.reduce((all, layer) => all.extend(layer.getBounds()), L.latLngBounds([])) : null;
  }

  async outline(id, signal) {
    if (!this.outlines.has(id)) this.outlines.set(id, await getJson(`/api/v1/grids/${id}`, {}, signal));
    return this.outlines.get(id);
  }

  save(kind) {
    const text = kind === "json" ? JSON.stringify({ ...this.asked, answer: this.told }, null, 2) : this.table();
    const address = URL.createObjectURL(new Blob([kind === "csv" ? `\ufeff${text}` : text], { type: kind === "json" ? "application/json" : "text/csv" }));
    const link = el("a", { href: address, download: `what-if-${this.told.provenance.inputs_hash.slice(0, 8)}.${kind}` });
    link.click();
    URL.revokeObjectURL(address);
  }

  /** Grids and stations as one table. */
  table() {
    const { grids, stations, before, after, gained, lost, everybody } = this.told;
    const rows = [["of", "code", "name", "residents", "before", "after", "gained", "lost"],
      ["all", "", "", everybody.residents, before.residents, after.residents, gained.residents, lost.residents],
      ...grids.map((grid) => ["grid", grid.code, grid.name, grid.residents, grid.covered_before, grid.covered_after, grid.gained, grid.lost]),
      ...stations.map((station) => ["station", station.station_id ?? "", station.name, "", station.residents_before, station.residents_after, "", ""])];
    const { provenance, invented } = this.told;
    const about = [[], ["about", ""], ...(invented ? [["invented", invented]] : []), ...Object.entries(provenance).map(([key, value]) => [key, value ?? ""])];
    return `${[...rows, ...about].map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
  }
}
