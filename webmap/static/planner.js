// The planners' page: imagine changes on the map and see at once whom they bring a station and whom they take it from.

import { Answer } from "./answer.js";
import { SHOWN, calm } from "./cartography.js";
import { Changes, latlng, lonlat } from "./changes.js";
import { tellCity } from "./city.js";
import { byId, el, fill } from "./dom.js";
import { fit, fitCity } from "./fit.js";
import { getJson, postJson } from "./net.js";
import { Newest } from "./newest.js";
import { kindName, say, servesResidents, settings } from "./page.js";
import { Panel } from "./panel.js";
import * as permalink from "./permalink.js";
import { Promises } from "./promises.js";
import { Question, momentOf, parts, read } from "./question.js";
import { Staff, mayPlan } from "./staff.js";
import { reload } from "./tiles.js";
import { attempt, stand } from "./trouble.js";

const MOST_STATIONS = 1000;
const TABS = ["change", "honesty", "crossings"];

class PlannerPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, questions: new Newest() });
    this.panel = new Panel((name) => this.tabOpened(name), () => this.resized(), TABS);
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    this.changes = new Changes(map, { onChange: () => this.ask(), onStation: (station) => this.showStation(station), centre: () => this.panel.centreOf(map) });
    this.answer = new Answer(map);
    this.promises = new Promises(map, {
      fit: (bounds) => this.fit(bounds), onTry: (line) => this.tryCrossing(line), trying: (act) => this.trying(act),
      stationOf: (id) => this.changes.station(id),
    });
    this.prepare();
  }

  prepare() {
    const { map } = this;
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.doubleClickZoom.disable();
    map.on("moveend", () => this.keep());
    map.on("dblclick", () => this.changes.finish());
    this.tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    document.addEventListener("keydown", (event) => {
      if (byId("staff-dialog").open) return;
      if (event.key === "Escape") this.changes.cancel();
      else if (event.key === "Enter" && event.target === this.map.getContainer()) this.changes.use(this.panel.centreOf(this.map));
    });
  }

  async start() {
    const asked = permalink.read(location.hash);
    const { bounds } = settings;
    const { map } = this;
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom);
    else if (bounds) fitCity(map, this.panel, L.latLngBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]));
    this.asked = read(asked.params);
    this.resized();
    SHOWN.delete("station"); // drawn as markers that can be dragged
    calm(true);
    this.question = new Question(byId("question"), this.asked, (question) => {
      this.asked = question;
      this.keep();
      this.ask();
    }, { prefix: "plan" });
    const me = await this.staff.who();
    this.tiles.addTo(this.map);
    await Promise.all([this.trying(() => this.readerChanged(me), null), this.trying(tellCity, null)]);
  }

  resized() {
    this.map.invalidateSize({ animate: false });
    byId("crosshair").style.top = `${(this.map.getSize().y - this.panel.hidden) / 2}px`;
  }

  keep() {
    permalink.write(this.map, null, this.asked ? parts(this.asked) : []);
  }

  fit(bounds) {
    fit(this.map, this.panel, bounds, 17);
  }

  async readerChanged(me) {
    const isPlanner = mayPlan(me.role);
    byId("locked").hidden = isPlanner;
    byId("workbench").hidden = !isPlanner;
    this.changes.isOn = isPlanner;
    this.isPlanner = isPlanner;
    if (!isPlanner && me.role !== "public") this.note(say("plan_role_low"));
    this.questions.stop();
    this.changes.clear();
    this.answer.clear();
    this.promises.forget();
    fill(byId("station-card"));
    this.changes.show([]);
    if (this.map.hasLayer(this.tiles)) reload(this.tiles);
    if (isPlanner) this.changes.show(await this.stations());
    else this.panel.open("change");
  }

  /** All that serve residents, or as many as a list holds. */
  async stations() {
    const list = await getJson("/api/v1/stations", { limit: MOST_STATIONS });
    return list.features.filter((station) => servesResidents(station.properties.kind));
  }

  /** Ask what would change; an older question is of no interest any more. */
  async ask() {
    this.questions.stop();
    if (!this.isPlanner || this.changes.list.length === 0) {
      this.answer.clear();
      return;
    }
    this.answer.wait(true);
    await this.trying(() => this.questions.run((signal) => this.whatIf(signal).finally(() => {
      if (!signal.aborted) this.answer.wait(false);
    })));
  }

  /** What would change. An answer to fewer changes than there are is none: where it is refused, the one before goes. */
  async whatIf(signal) {
    const { minutes, mode, surface, when, kind } = this.asked;
    const body = { changes: structuredClone(this.changes.list), minutes, mode, surface, at: momentOf(when), station_kind: kind || null };
    let answer;
    try {
      answer = await postJson("/api/v1/coverage/what-if", body, signal);
    } catch (error) {
      if (!signal.aborted) this.answer.clear();
      throw error;
    }
    signal.throwIfAborted();
    this.answer.asked = body;
    await this.answer.show(answer, (place) => this.map.setView(latlng(place), Math.max(this.map.getZoom(), 16), { animate: false }), signal);
    if (this.looksThere && this.answer.bounds) this.fit(this.answer.bounds);
    this.looksThere = false;
  }

  showStation(station) {
    const it = station.properties;
    const hours = el("input", { type: "text", id: "new-hours", maxlength: 200, value: it.opening_hours ?? "", spellcheck: "false" });
    const act = (key, change) => el("button", { type: "button", class: "plain", onclick: () => this.changes.add(change()) }, say(key));
    fill(byId("station-card"), el("section", { class: "station-card" },
      el("h3", {}, it.name), el("p", { class: "note" }, kindName(it.kind)),
      el("p", { class: "button-row" },
        act("plan_close", () => ({ kind: "close_station", station_id: it.id })),
        act("plan_move_centre", () => ({ kind: "move_station", station_id: it.id, lonlat: lonlat(this.panel.centreOf(this.map)) }))),
      el("label", { for: "new-hours" }, say("plan_hours")), hours,
      el("p", { class: "button-row" }, act("plan_set_hours", () => ({ kind: "change_hours", station_id: it.id, opening_hours: hours.value.trim() })),
        el("button", { type: "button", class: "plain", onclick: () => fill(byId("station-card")) }, say("close")))));
    this.panel.open("change", true);
    byId("station-card").querySelector("button").focus();
  }

  tryCrossing(lonlats) {
    this.promises.clear();
    this.panel.open("change", true);
    this.looksThere = true;
    this.changes.add({ kind: "add_street", lonlats: lonlats.map(([lon, lat]) => [lon, lat]), highway: "footway" });
    byId("view-change").focus({ preventScroll: true });
  }

  tabOpened(name) {
    if (name === "change" || !this.isPlanner) {
      this.promises.clear();
      if (name !== "change") fill(byId(`view-${name}`), el("p", { class: "lead" }, say("plan_locked")));
      return;
    }
    this.promises.open(name, this.asked);
  }

  /** Do something that the service may refuse. */
  trying(act, why) {
    return attempt(act, (text) => this.note(text), why);
  }

  note(text) {
    byId("note").textContent = text;
    byId("note").hidden = text === "";
  }
}

/** Called by folium's script once the map and its tiles stand. */
export function plannerMap(map, tiles) {
  const page = new PlannerPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
