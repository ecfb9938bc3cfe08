// The same as the map, as lists: for screen readers, for keyboards, and for whoever would rather read.

import { swatch } from "./cards.js";
import { byId, el, fill } from "./dom.js";
import { bboxOf, getJson } from "./net.js";
import { Newest } from "./newest.js";
import { count, kindName, percent, say } from "./page.js";
import { look, symbolCanvas } from "./symbols.js";

const MOST = 300;

function gridRow(grid, show) {
  const { id, name, code, community_name, figures } = grid.properties;
  const share = figures?.share ?? null;
  const air = figures?.air_share ?? null;
  return el("tr", {},
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => show("grid", id) },
      name, el("span", { class: "note block" }, `${community_name} · ${code.slice(-3)}`))),
    el("td", {}, swatch(share), share === null ? say("no_figure") : percent(share)),
    el("td", {}, air === null ? "—" : percent(air)));
}

function stationRow(station, show) {
  const it = station.properties;
  const state = it.is_open === null ? "hours_unknown_short" : it.is_open ? "open_short" : "closed_short";
  return el("li", {}, el("button", { type: "button", class: "row", onclick: () => show("station", it.id) },
    symbolCanvas(look("station", it), 9),
    el("span", { class: "row-main" }, el("span", { class: "row-name" }, it.name), el("span", { class: "note" }, kindName(it.kind))),
    el("span", { class: `row-figure ${it.is_open ? "open" : "closed"}` }, say(state))));
}

/** What there is in all, or in view when that is more than a list can hold. */
async function listed(path, query, bounds, signal) {
  const all = await getJson(path, { ...query, limit: MOST }, signal);
  if (all.numberMatched <= MOST) return all;
  return getJson(path, { ...query, limit: MOST, bbox: bboxOf(bounds) }, signal);
}

const byShare = (a, b) => (a.properties.figures?.share ?? 2) - (b.properties.figures?.share ?? 2)
  || a.properties.code.localeCompare(b.properties.code);

export class Lists {
  /** `show(kind, id)` opens what was chosen, on the map and as a card. */
  constructor(map, show) {
    this.map = map;
    this.show = show;
    this.isFilled = false;
    this.questions = new Newest();
  }

  /** Fill both lists; later calls renew them only when they depend on the view. */
  async open() {
    if (this.isFilled && !this.followsView) return;
    await this.questions.run(async (signal) => {
      const bounds = this.map.getBounds();
      const [grids, stations] = await Promise.all([
        listed("/api/v1/grids", { geometry: false }, bounds, signal),
        listed("/api/v1/stations", {}, bounds, signal),
      ]);
      signal.throwIfAborted();
      this.isFilled = true;
      this.followsView = grids.numberMatched > MOST || stations.numberMatched > MOST;
      this.fillGrids(grids);
      this.fillStations(stations);
    });
  }

  /** Another reader, another list. */
  forget() {
    this.isFilled = false;
    this.questions.stop();
    for (const name of ["grid-rows", "grid-count", "station-rows", "station-count"]) fill(byId(name));
  }

  fillGrids(grids) {
    const rows = [...grids.features].sort(byShare).map((grid) => gridRow(grid, this.show));
    fill(byId("grid-rows"), rows);
    byId("grid-count").textContent = say("n_of_all", { n: count(grids.numberReturned), all: count(grids.numberMatched) });
  }

  fillStations(stations) {
    const sorted = [...stations.features].sort((a, b) => a.properties.kind.localeCompare(b.properties.kind) || a.properties.name.localeCompare(b.properties.name));
    fill(byId("station-rows"), sorted.map((station) => stationRow(station, this.show)));
    byId("station-count").textContent = say("n_of_all", { n: count(stations.numberReturned), all: count(stations.numberMatched) });
  }
}
