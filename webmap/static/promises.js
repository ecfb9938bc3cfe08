// Where circles promise what the streets do not keep, and where a crossing would help.

import { AIR, REACH } from "./colours.js";
import { byId, el, fill } from "./dom.js";
import { getJson } from "./net.js";
import { Newest } from "./newest.js";
import { count, percent, say } from "./page.js";
import { barrierName, parts } from "./question.js";
import { attempt } from "./trouble.js";

const MOST = 1000;
const CROSSINGS = 20;

const asked = ({ minutes, mode, surface }) => ({ minutes, mode, surface });

/** Both lists; each is fetched when it is opened, and again when the question has changed. */
export class Promises {
  /** `fit(bounds)` moves the map; `onTry(lonlats)` makes a crossing an imagined street; `trying(act)` does what may be refused. */
  constructor(map, { fit, onTry, trying, stationOf }) {
    Object.assign(this, { map, fit, onTry, trying, stationOf, known: {} });
    this.questions = { honesty: new Newest(), crossings: new Newest(), reach: new Newest() };
    this.layer = L.layerGroup().addTo(map);
  }

  clear() {
    this.questions.reach.stop();
    this.layer.clearLayers();
  }

  forget() {
    this.known = {};
    for (const each of Object.values(this.questions)) each.stop();
    this.clear();
    for (const name of ["honesty", "crossings"]) fill(byId(`view-${name}`));
  }

  async open(name, question) {
    const key = JSON.stringify(parts(question));
    this.clear();
    if (this.known[name] === key) return;
    this.known[name] = key;
    this.question = question;
    const tell = (text) => fill(byId(`view-${name}`), el("p", { class: "note" }, text));
    tell(say("plan_computing"));
    await attempt(() => this.questions[name].run((signal) => this.load(name, question, signal)), (words) => {
      this.known[name] = null; // opened again, it is asked for again
      tell(words);
    }, null);
  }

  async load(name, question, signal) {
    const query = name === "honesty" ? { by: "station", limit: MOST } : { most: CROSSINGS };
    const told = await getJson(`/api/v1/coverage/${name}`, { ...asked(question), ...query }, signal);
    signal.throwIfAborted();
    if (name === "honesty") this.tellHonesty(told);
    else this.tellCrossings(told);
  }

  tellHonesty(report) {
    const all = report.whole[0];
    const rows = report.promises.map((promise) => el("li", {}, el("button", { type: "button", class: "row", onclick: () => this.showStation(promise, report.circle_m) },
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, promise.name),
        el("span", { class: "note" }, say("plan_kept", { share: promise.kept_share === null ? "–" : percent(promise.kept_share), n: count(promise.promised) }))),
      el("span", { class: "row-figure" }, count(promise.promised_not_reached)))));
    fill(byId("view-honesty"), el("h2", {}, say("plan_honesty_title")),
      el("p", { class: "verdict" }, say("plan_honesty_all", { n: count(all.promised_not_reached), promised: count(all.promised), metres: count(report.circle_m) })),
      el("p", { class: "note" }, say("plan_astray", { n: count(report.astray.residents_astray) })),
      el("p", { class: "note" }, say("plan_honesty_words")),
      el("ol", { class: "rows", id: "promises" }, rows));
  }

  /** One station's plain circle, and from where its streets bring people in time. */
  async showStation(promise, radius) {
    const station = this.stationOf(promise.id);
    if (!station) return;
    const [lon, lat] = station.properties.entrance ?? station.geometry.coordinates;
    this.clear();
    const ring = L.circle([lat, lon], { radius, interactive: false, color: AIR, weight: 2, dashArray: "7 6", fillColor: AIR, fillOpacity: 0.08, className: "air-circle" });
    this.layer.addLayer(ring);
    this.fit(ring.getBounds());
    await this.trying(() => this.questions.reach.run(async (signal) => {
      const reach = await getJson("/api/v1/reach", { station_id: promise.id, ...asked(this.question) }, signal);
      signal.throwIfAborted();
      this.layer.addLayer(L.geoJSON(reach, { interactive: false, style: { color: REACH, weight: 2, fillColor: REACH, fillOpacity: 0.3, className: "reach" } }));
    }));
  }

  tellCrossings(report) {
    const rows = report.crossings.map((crossing) => el("li", { class: "crossing" },
      el("button", { type: "button", class: "row", onclick: () => this.showCrossing(crossing) },
        el("span", { class: "row-main" },
          el("span", { class: "row-name" }, crossing.streets.map((name) => name ?? say("step_unnamed")).join(" – ")),
          el("span", { class: "note" }, say("plan_crossing", { metres: Math.round(crossing.metres), what: [...new Set(crossing.barriers.map((barrier) => barrierName(barrier.kind)))].join(say("plan_and")) }))),
        el("span", { class: "row-figure" }, `+${count(crossing.residents)}`)),
      el("button", { type: "button", class: "plain try-it", onclick: () => this.onTry(crossing.geometry.coordinates) }, say("plan_try"))));
    fill(byId("view-crossings"), el("h2", {}, say("plan_crossings_title")), el("p", { class: "note" }, say("plan_crossings_words", { metres: count(report.max_m) })),
      rows.length > 0 ? el("ol", { class: "rows", id: "crossings" }, rows) : el("p", {}, say("plan_crossings_none")));
  }

  showCrossing(crossing) {
    this.clear();
    const line = L.geoJSON(crossing.geometry, { interactive: false, style: { color: AIR, weight: 6, className: "crossing-line" } });
    this.layer.addLayer(line);
    this.fit(line.getBounds());
  }
}
