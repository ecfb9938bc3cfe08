// The page of figures: a rate by parts of the city on the map, and beside it the table that adds up.

import { SHOWN, calm } from "./cartography.js";
import { tellCity } from "./city.js";
import { byId, el, fill } from "./dom.js";
import { Choice, ON_MAP, asked, rateOf } from "./figures_choice.js";
import { RateMap, classOf, keyOf } from "./figures_map.js";
import { FigureTable, partName, printed, ratio } from "./figures_table.js";
import { getJson } from "./net.js";
import { Newest } from "./newest.js";
import { say, settings } from "./page.js";
import * as permalink from "./permalink.js";
import { Staff, seesPoints } from "./staff.js";
import { attempt, stand } from "./trouble.js";

const QUIET = ["border", "station", "resource", "incident"];
const PAGE = 1000;
/** What hangs on the figures that are told. */
const TOLD = ["headline", "sum", "table", "times", "about", "fig-key"];

class FiguresPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, questions: new Newest(), shapes: new Map(), told: null });
    this.rates = new RateMap(map, (key) => this.mark(key));
    this.choice = new Choice((isOther) => this.trying(() => (isOther || !this.told ? this.ask() : this.show())));
    this.table = new FigureTable({ onMark: (key) => this.mark(key), classOf: (its) => classOf(its, this.way) });
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    map.on("moveend", () => this.keep());
    tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("print").addEventListener("click", () => window.print());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    window.addEventListener("hashchange", () => {
      const link = permalink.read(location.hash); // now: putting the note away moves the map, and that writes the address
      this.trying(() => this.followed(link));
    });
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
    await Promise.all([this.trying(() => this.readerChanged(me), null), this.trying(tellCity, null)]);
  }

  /** Somebody changed the address by hand, or went back. */
  async followed({ view, params }) {
    this.choice.wish = asked(params);
    this.view = view;
    if (!byId("choice").hidden) await this.ask();
  }

  async readerChanged(me) {
    const isIn = me.role !== "public";
    byId("locked").hidden = isIn;
    byId("choice").hidden = !isIn;
    this.questions.stop();
    this.shapes.clear();
    this.clear();
    this.choice.forget(seesPoints(me.role));
    this.map.invalidateSize({ animate: false });
    if (!isIn) return;
    this.choice.draw(null);
    await this.ask();
  }

  /** Ask for what is chosen. Only the newest question is answered: an older one neither shows nor says anything any more. */
  ask() {
    this.keep();
    this.wait(true);
    return this.questions.run(async (signal) => {
      const question = this.choice.question();
      try {
        await this.answer(question, signal);
      } catch (error) {
        if (!signal.aborted) this.clear();
        throw error;
      }
      this.wait(false);
      if (this.choice.isExact && this.choice.unitsOf !== periodOf(question)) await this.learnUnits(question, signal);
    });
  }

  async answer(question, signal) {
    const told = await getJson("/api/v1/figures", question, signal);
    const features = ON_MAP.includes(told.by) ? await this.shapesOf(told, signal) : [];
    signal.throwIfAborted();
    Object.assign(this, { told, features });
    if (told.by === "unit" && !question.unit && !question.item) this.choice.learn(told.rows, periodOf(question));
    this.show();
  }

  /** The units of a period, to choose from; the figures stand meanwhile. */
  async learnUnits(question, signal) {
    const { month, as_of } = question;
    const { rows } = await getJson("/api/v1/figures", { by: "unit", month, as_of }, signal);
    signal.throwIfAborted();
    this.choice.learn(rows, periodOf(question));
    this.choice.draw(this.told.since.slice(0, 7));
  }

  /** The shapes of parts: of areas as they are, of grids by the plan in force at the table's moment. */
  async shapesOf({ by, as_of }, signal) {
    const key = by === "grid" ? `${by} ${as_of}` : by;
    if (!this.shapes.has(key)) {
      const query = by === "grid" ? { at: as_of } : { level: by, geometry: true };
      const found = [];
      for (let offset = 0, matched = 1; offset < matched; offset += PAGE) {
        const page = await getJson(by === "grid" ? "/api/v1/grids" : "/api/v1/areas", { ...query, limit: PAGE, offset }, signal);
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
    if (!this.told) return;
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
    this.wait(false);
    for (const name of TOLD) fill(byId(name));
    byId("figures").hidden = true;
    byId("fig-key").hidden = true;
  }

  wait(isWaiting) {
    byId("figures").setAttribute("aria-busy", String(isWaiting));
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
  trying(act, why) {
    return attempt(act, (text) => this.note(text), why);
  }
}

/** What the units to choose from hang on. */
const periodOf = ({ month, as_of: asOf }) => `${month} ${asOf}`;

/** Called by folium's script once the map and its tiles stand. */
export function figuresMap(map, tiles) {
  const page = new FiguresPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
