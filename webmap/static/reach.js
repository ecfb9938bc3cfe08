// The tab "Reach": the ground within some minutes of a station, beside what circles promise, and how far one gets from a place.

import { AIR, FROM_HERE, INK, REACH } from "./colours.js";
import { bar } from "./cards.js";
import { byId, el, fill } from "./dom.js";
import { getJson } from "./net.js";
import { Newest } from "./newest.js";
import { count, decimal, kindName, language, momentOf as timeOf, percent, say } from "./page.js";
import { Question, modeWords, momentOf, parts, read, today, whenWords } from "./question.js";
import { Split } from "./split.js";
import { look, symbolCanvas } from "./symbols.js";
import { attempt } from "./trouble.js";

const RINGS = [5, 10, 15];
const NEAREST = 3;
const PLACE = /^(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)$/;

/** A pane of its own, so that the divider can cut it. */
function pane(map, name, zIndex) {
  const made = map.createPane(name);
  made.style.zIndex = zIndex;
  made.style.pointerEvents = "none";
  return { pane: made, name, renderer: L.svg({ pane: name, padding: 0.5 }) };
}

/** A flat, unfilled-or-filled shape of a pane. */
export function shape(feature, { pane: name, renderer }, style) {
  return L.geoJSON(feature, { pane: name, interactive: false, renderer, style: { renderer, pane: name, ...style } });
}

export class Reach {
  /** `onChange()` is called when the address should be written anew, `onTrouble(words)` when something was refused, with none once it is asked again; `centre()` is the middle of the map. */
  constructor(map, { onChange, onTrouble, centre }) {
    Object.assign(this, { map, onChange, onTrouble, centre, isOpen: false, place: null, isCompared: true, area: null, questions: new Newest(), profileKey: null });
    this.circles = { ...pane(map, "plain-circles", 350) };
    this.streets = { ...pane(map, "streets-reach", 351) };
    this.ways = pane(map, "way-from-here", 352);
    this.layers = { area: L.layerGroup(), rings: L.layerGroup(), way: L.layerGroup() };
    this.split = new Split(map, this.circles.pane, this.streets.pane, () => this.onChange());
  }

  /** Take what an address asks for. */
  start(params) {
    this.asked = read(params);
    this.isCompared = params.get("compare") !== "off";
    const split = Number(params.get("split") ?? NaN);
    if (Number.isFinite(split)) this.split.percent = Math.min(100, Math.max(0, split));
    const place = PLACE.exec(params.get("from") ?? "");
    this.place = place ? L.latLng(Number(place[1]), Number(place[2])) : null;
    if (this.question) this.question.set(this.asked);
    if (this.isOpen) this.refresh();
  }

  /** What of it belongs into the address. */
  parts() {
    if (!this.isOpen) return [];
    const more = [this.isCompared ? null : "compare=off", this.split.percent === 50 ? null : `split=${this.split.percent}`,
      this.place ? `from=${this.place.lat.toFixed(5)},${this.place.lng.toFixed(5)}` : null];
    return ["tab=reach", ...parts(this.asked), ...more.filter(Boolean)];
  }

  open() {
    if (this.isOpen) return;
    this.isOpen = true;
    if (!this.question) this.build();
    Object.values(this.layers).forEach((layer) => layer.addTo(this.map));
    this.refresh();
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.questions.stop();
    Object.values(this.layers).forEach((layer) => layer.remove());
    this.split.off();
  }

  /** Another reader is told other figures; until they have come, none. */
  forgetReader() {
    Object.assign(this, { area: null, place: null, profileKey: null });
    Object.values(this.layers).forEach((layer) => layer.clearLayers());
    if (!this.question) return;
    this.question.tell(null);
    fill(byId("reach-figures"));
    fill(byId("reach-key"));
    this.tellHint();
  }

  build() {
    const controls = el("div", { class: "question" });
    const compare = el("input", { type: "checkbox", id: "compare", checked: this.isCompared });
    compare.addEventListener("change", () => {
      this.isCompared = compare.checked;
      this.refresh();
    });
    fill(byId("view-reach"),
      el("h2", {}, say("reach_title")),
      el("div", { id: "reach-figures", "aria-live": "polite" }),
      controls,
      el("p", { class: "control" }, el("label", { for: "compare", class: "check" }, compare, say("compare_label"))),
      el("p", { class: "note" }, say("compare_words")),
      el("section", { id: "from-here", "aria-live": "polite" }));
    this.question = new Question(controls, this.asked, (question) => {
      this.asked = question;
      this.refresh();
    }, { prefix: "reach" });
  }

  /** Ask again for all that is shown; what was asked before is no longer of interest. */
  async refresh() {
    this.onChange();
    this.onTrouble("");
    const signal = this.questions.begin();
    await Promise.all([this.showArea(signal), this.showProfile(signal), this.showPlace(signal)].map((part) => attempt(() => part, this.onTrouble, null)));
  }

  async showArea(signal) {
    const { minutes, mode, surface, when, kind } = this.asked;
    const query = { minutes, mode, surface, at: momentOf(when), kind: kind || null, compare: true };
    const area = await getJson("/api/v1/coverage/area", query, signal);
    signal.throwIfAborted();
    this.area = area;
    this.drawArea();
    this.tellArea();
    byId("view-reach").dataset.shown = JSON.stringify([minutes, mode, surface, when, kind]);
  }

  /** Who reaches an open station at each hour of the coming week: the bars over the hours. */
  async showProfile(signal) {
    const { minutes, mode, surface, when, kind } = this.asked;
    const key = JSON.stringify([minutes, mode, surface, kind]);
    if (!/^\d/.test(when) || key === this.profileKey) return;
    const profile = await getJson("/api/v1/coverage/profile", { minutes, mode, surface, kind: kind || null, from: today(), to: weekLater() }, signal);
    signal.throwIfAborted();
    this.profileKey = key;
    this.question.tell(profile);
  }

  drawArea() {
    const [streets, circles] = this.area.features;
    this.layers.area.clearLayers();
    const isAside = this.place !== null;
    const isSplit = this.isCompared && !isAside;
    if (streets.geometry) {
      const style = { color: REACH, weight: 1.6, fillColor: REACH, fillOpacity: isAside ? 0.08 : 0.32, className: "reached-ground" };
      this.layers.area.addLayer(shape(streets, this.streets, style));
    }
    if (isSplit && circles.geometry) {
      const style = { color: AIR, weight: 2, dashArray: "7 6", fillColor: AIR, fillOpacity: 0.2, className: "circled-ground" };
      this.layers.area.addLayer(shape(circles, this.circles, style));
    }
    const told = ({ properties: { share } }) => (share === null ? "–" : percent(share));
    this.split.tell(say("split_left", { share: told(circles) }), say("split_right", { share: told(streets) }));
    if (isSplit) this.split.on();
    else this.split.off();
    this.drawKey();
  }

  tellArea() {
    const [streets, circles] = this.area.features.map((feature) => feature.properties);
    const { residents, stations, stations_closed: closed, stations_unsaid: unsaid, circle_m: radius, provenance, is_rounded: isRounded } = this.area;
    const { minutes, when } = this.asked;
    const of = (n) => (n === null ? null : say("residents_of", { n: count(n), all: count(residents) }));
    const figure = (share) => (share === null ? say("no_figure") : percent(share));
    const counted = [say("stations_counted", { n: stations })];
    if (when !== "any") counted.push(say("stations_not_open", { n: closed }));
    if (when !== "any" && unsaid > 0) counted.push(say("stations_unsaid", { n: unsaid }));
    fill(byId("reach-figures"),
      el("p", { class: "lead" }, say("reach_lead", { minutes, mode: modeWords(this.asked), when: whenWords(when) })),
      bar(say("share_streets", { minutes }), streets.share, figure(streets.share), of(streets.residents), "walk"),
      this.isCompared ? bar(say("share_circle", { metres: count(Math.round(radius)) }), circles.share, figure(circles.share), of(circles.residents), "air") : null,
      this.isCompared && streets.share !== null
        ? el("p", { class: "verdict" }, say("promise", { promised: percent(circles.share), given: percent(streets.share) })) : null,
      el("p", { class: "note" }, counted.join(language === "zh" ? "" : " ")),
      when === "any" || when === "now" ? null : el("p", { class: "note" }, say("at_moment", { when: timeOf(this.area.at) })),
      isRounded ? el("p", { class: "note" }, say("rounded_short")) : null,
      el("p", { class: "note" }, say("made_of", { streets: provenance.network_date ?? "–", data: provenance.data_date ?? "–", hash: provenance.inputs_hash.slice(0, 8) })));
  }

  drawKey() {
    const { minutes } = this.asked;
    const entry = (className, text) => el("li", {}, el("span", { class: `swatch ${className}`, "aria-hidden": "true" }), text);
    fill(byId("reach-key"), el("ul", {},
      this.area?.features[0].geometry ? entry("key-streets", say("key_streets", { minutes })) : entry("key-none", say("key_nothing")),
      this.isCompared && !this.place ? entry("key-circles", say("key_circles", { metres: count(Math.round(this.area.circle_m)) })) : null,
      this.place ? RINGS.map((ring, i) => entry(`key-ring-${i}`, say("key_ring", { minutes: ring }))) : null));
  }

  /** Show how far one gets from here. */
  from(latlng) {
    this.place = latlng;
    return this.refresh();
  }

  forget() {
    this.place = null;
    this.refresh();
  }

  async showPlace(signal) {
    this.layers.rings.clearLayers();
    this.layers.way.clearLayers();
    if (!this.place) {
      this.tellHint();
      return;
    }
    const { mode, surface, when, kind } = this.asked;
    const lon = this.place.lng.toFixed(6);
    const lat = this.place.lat.toFixed(6);
    this.layers.rings.addLayer(L.circleMarker(this.place, { radius: 7, interactive: false, color: "#ffffff", weight: 3, fillColor: FROM_HERE, fillOpacity: 1, className: "here" }));
    try {
      const [reach, nearest] = await Promise.all([
        getJson("/api/v1/reach", { lon, lat, mode, surface, minutes: RINGS.join(",") }, signal),
        getJson("/api/v1/nearest", { lon, lat, k: NEAREST, mode, surface, at: momentOf(when), kind: kind || null, path: true }, signal),
      ]);
      signal.throwIfAborted();
      this.drawRings(reach);
      this.tellPlace(reach, nearest);
    } catch (error) {
      if (!signal.aborted) this.tellHint(); // what is told of another place is not of this one
      throw error;
    }
  }

  drawRings(reach) {
    const looks = [{ fillOpacity: 0.3 }, { fillOpacity: 0.2, dashArray: "8 4" }, { fillOpacity: 0.12, dashArray: "2 4" }];
    [...reach.features].reverse().forEach((feature, back) => {
      const number = reach.features.length - 1 - back;
      if (!feature.geometry) return;
      const style = { color: FROM_HERE, weight: 1.8, fillColor: FROM_HERE, className: `ring ring-${number}`, ...looks[number] };
      this.layers.rings.addLayer(shape(feature, this.ways, style));
    });
  }

  tellHint() {
    byId("view-reach").append(byId("from-here"));
    fill(byId("from-here"), el("h3", {}, say("from_here_title")), el("p", { class: "note" }, say("from_here_hint")),
      el("button", { type: "button", class: "plain", onclick: () => this.from(this.centre()) }, say("from_centre")));
  }

  tellPlace(reach, nearest) {
    const km2 = (feature) => say("ring_area", { minutes: feature.properties.minutes, km2: decimal(feature.properties.area_m2 / 1e6, 2) });
    byId("view-reach").querySelector("h2").after(byId("from-here")); // what was asked for last comes first
    byId("view-reach").scrollTop = 0;
    const rows = nearest.stations.map((station, i) => this.stationRow(station, i));
    fill(byId("from-here"), el("h3", {}, say("from_here_title")),
      el("ul", { class: "rings-told" }, reach.features.map((feature, i) => el("li", {}, el("span", { class: `swatch key-ring-${i}`, "aria-hidden": "true" }), km2(feature)))),
      reach.snapped === null ? el("p", { class: "note" }, say("no_street_here")) : null,
      el("h3", {}, say("nearest_title")),
      nearest.detail ? el("p", { class: "note" }, nearest.detail) : null,
      el("ol", { class: "rows nearest" }, rows),
      el("button", { type: "button", class: "plain", onclick: () => this.forget() }, say("forget_place")));
    if (nearest.stations.length > 0) this.drawWay(nearest.stations[0], 0);
  }

  stationRow(station, number) {
    const steps = station.way.steps.map((step) => el("li", {},
      el("span", {}, step.kind === "connector" ? say("step_connector") : step.name ?? say("step_unnamed")),
      el("span", { class: "note" }, say("step_figure", { metres: count(Math.round(step.metres)), seconds: this.spent(step.seconds) }))));
    const state = station.is_open === null ? "hours_unknown_short" : station.is_open ? "open_short" : "closed_short";
    return el("li", {},
      el("button", { type: "button", class: "row", "aria-pressed": String(number === 0), onclick: () => this.drawWay(station, number) },
        symbolCanvas(look("station", station), 9),
        el("span", { class: "row-main" }, el("span", { class: "row-name" }, station.name),
          el("span", { class: "note" }, `${kindName(station.kind)} · ${say(state)}`)),
        el("span", { class: "row-figure" }, say("minutes_n", { n: Math.ceil(station.minutes) }))),
      el("details", { class: "steps" }, el("summary", {}, say("steps_title", { metres: count(Math.round(station.way_m)) })), el("ol", {}, steps)));
  }

  spent(seconds) {
    return seconds < 60 ? say("seconds_n", { n: Math.round(seconds) }) : say("minutes_n", { n: decimal(seconds / 60) });
  }

  drawWay(station, number) {
    const { name, renderer } = this.ways;
    this.layers.way.clearLayers();
    const line = (style) => L.geoJSON(station.way.geometry, { interactive: false, renderer, pane: name, style: { fill: false, ...style, pane: name, renderer } });
    this.layers.way.addLayer(line({ color: "#ffffff", weight: 8, opacity: 0.9 })).addLayer(line({ color: INK, weight: 4, className: "way" }));
    const [lon, lat] = station.lonlat;
    this.layers.way.addLayer(L.circleMarker([lat, lon], { radius: 15, interactive: false, color: INK, weight: 2.5, fill: false }));
    byId("from-here").querySelectorAll(".nearest .row").forEach((row, i) => row.setAttribute("aria-pressed", String(i === number)));
  }
}

function weekLater() {
  const first = new Date(`${today()}Z`);
  return new Date(first.getTime() + 7 * 86_400_000).toISOString().slice(0, 19);
}
