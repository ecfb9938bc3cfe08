// The page of figures: a rate by parts of the city on the map, and beside it the table that adds up.

import { SHOWN, calm } from "./cartography.js";
import { byId, el, fill } from "./dom.js";
import { Choice, ON_MAP, asked, rateOf } from "./figures_choice.js";
import { RateMap, classOf, keyOf } from "./figures_map.js";
import { FigureTable, partName, printed, ratio } from "./figures_table.js";
import { getJson } from "./net.js";
import { nameOf, say, settings } from "./page.js";
import * as permalink from "./permalink.js";
import { Staff, seesPoints } from "./staff.js";

const QUIET = ["border", "station", "resource", "incident"];
const PAGE = 1000;

class FiguresPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, turn: 0, shapes: new Map(), told: null });
    this.rates = new RateMap(map, (key) => this.mark(key));
    this.choice = new Choice((isOther) => this.trying(() => (isOther ? this.ask() : this.show())));
    this.table = new FigureTable({ onMark: (key) => this.mark(key), classOf: (its) => classOf(its, this.way) });
    this.staff = new Staff((me) => this.trying(() => this.readerChanged(me)));
    map.on("moveend", () => this.keep());
    tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("print").addEventListener("click", () => window.print());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    window.addEventListener("hashchange", () => this.trying(() => this.followed()));
  }

  /** Which way the rate that is shown is better. */
  get way() {
    return rateOf(this.choice.wish.rate).way;
  }

  async start() {
    const { view, params } = permalink.read(location.hash);
    this.choice.wish = asked(params);
    this.view = view;
    const { bounds } = settings;
    if (bounds) this.map.fitBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]], { animate: false });
    for (const name of QUIET) SHOWN.delete(name);
    calm(true);
    const me = await this.staff.who();
    this.tiles.addTo(this.map);
    const cities = await getJson("/api/v1/areas", { level: "city", limit: 1 });
    if (cities.features[0]) byId("brand-city").textContent = nameOf(cities.features[0].properties);
    await this.trying(() => this.readerChanged(me));
  }

  /** Somebody changed the address by hand, or went back. */
  async followed() {
    const { params } = permalink.read(location.hash);
    this.choice.wish = asked(params);
    if (this.told) await this.ask();
  }

  async readerChanged(me) {
    const isIn = me.role !== "public";
    byId("locked").hidden = isIn;
    byId("choice").hidden = !isIn;
    this.clear();
    this.choice.isExact = seesPoints(me.role);
    this.map.invalidateSize({ animate: false });
    if (!isIn) return;
    this.choice.draw(null);
    await this.ask();
  }

  async ask() {
    const turn = (this.turn += 1);
    this.keep();
    byId("figures").setAttribute("aria-busy", "true");
    try {
      const question = this.choice.question();
      const told = await getJson("/api/v1/figures", question);
      const shapes = ON_MAP.includes(told.by) ? await this.shapesOf(told) : [];
      if (turn !== this.turn) return;
      Object.assign(this, { told, features: shapes });
      if (told.by === "unit" && !question.unit) this.choice.units = told.rows.filter((row) => row.key !== null).map((row) => row.key);
      this.show();
      if (this.choice.isExact && this.choice.units.length === 0) await this.learnUnits(question);
    } catch (error) {
      if (turn === this.turn) this.clear();
      throw error;
    } finally {
      if (turn === this.turn) byId("figures").setAttribute("aria-busy", "false");
    }
  }

  /** The units of a period, to choose from. */
  async learnUnits({ month, as_of }) {
    const { rows } = await getJson("/api/v1/figures", { by: "unit", month, as_of });
    this.choice.units = rows.filter((row) => row.key !== null).map((row) => row.key);
    this.choice.draw(this.told.since.slice(0, 7));
  }

  /** The shapes of parts: of areas as they are, of grids by the plan in force at the table's moment. */
  async shapesOf({ by, as_of }) {
    const key = by === "grid" ? `${by} ${as_of}` : by;
    if (!this.shapes.has(key)) {
      const query = by === "grid" ? { at: as_of } : { level: by, geometry: true };
      const found = [];
      for (let offset = 0, matched = 1; offset < matched; offset += PAGE) {
        const page = await getJson(by === "grid" ? "/api/v1/grids" : "/api/v1/areas", { ...query, limit: PAGE, offset });
        found.push(...page.features);
        matched = page.numberMatched;
      }
      this.shapes.set(key, found.filter(({ geometry }) => geometry !== null));
    }
    return this.shapes.get(key);
  }

  show() {
    const { told, features, table, rates, way } = this;
    const { rate } = this.choice.wish;
    this.choice.draw(told.since.slice(0, 7));
    byId("figures").hidden = false;
    byId("fig-key").hidden = false;
    table.show(told, rate);
    const rows = new Map(told.rows.filter((row) => row.key !== null).map((row) => [row.key, row]));
    const isFirst = rates.features !== features;
    rates.show(features, rows, rate, way);
    fill(byId("fig-key"), el("h2", {}, rateOf(rate).name), ON_MAP.includes(told.by) ? keyOf(way, told.smallest) : el("p", {}, say("fig_not_on_map")));
    this.map.invalidateSize({ animate: false });
    if (this.view) this.map.setView([this.view.lat, this.view.lng], this.view.zoom, { animate: false });
    else if (isFirst) rates.fit();
    this.view = null;
    this.keep();
  }

  /** A part was chosen, on the map or in the table. */
  mark(key) {
    this.rates.mark(key);
    this.table.mark(key);
    const row = this.told.rows.find((one) => one.key === key && key !== null);
    if (!row) return;
    const its = ratio(row, this.choice.wish.rate);
    byId("status").textContent = `${partName(row)}: ${printed(its)}`;
    byId("table").querySelector("[aria-pressed='true']")?.scrollIntoView({ block: "nearest" });
  }

  clear() {
    this.told = null;
    this.rates.show([], new Map(), this.choice.wish.rate, this.way);
    byId("figures").hidden = true;
    byId("fig-key").hidden = true;
  }

  keep() {
    permalink.write(this.map, null, this.choice.parts());
  }

  note(text) {
    fill(byId("note"), text);
    byId("note").hidden = text === "";
    this.map.invalidateSize({ animate: false });
  }

  /** Do something that the service may refuse. */
  async trying(act) {
    this.note("");
    try {
      await act();
    } catch (error) {
      this.note(error.message);
    }
  }
}

/** Called by folium's script once the map and its tiles stand. */
export function figuresMap(map, tiles) {
  const page = new FiguresPage(map, tiles);
  page.start().then(() => { document.documentElement.dataset.ready = "true"; }, (error) => page.note(error.message));
  return page;
}
