// The live board of dispatchers: brings queue, map, card, report form and the stream of what is new together.

import { SHOWN, calm } from "./cartography.js";
import { tellCity } from "./city.js";
import { byId, el, fill } from "./dom.js";
import * as api from "./dispatch_api.js";
import { Bulk } from "./dispatch_bulk.js";
import { Card } from "./dispatch_card.js";
import { Cases, isShown } from "./dispatch_cases.js";
import { Feed } from "./dispatch_feed.js";
import { Filters, filterParts, readFilters } from "./dispatch_filters.js";
import { Keys } from "./dispatch_keys.js";
import { CaseLayer } from "./dispatch_map.js";
import { actorName, moveName } from "./dispatch_moves.js";
import { Queue, titleOf } from "./dispatch_queue.js";
import { ReportForm } from "./dispatch_report.js";
import { sameReader } from "./net.js";
import { count, language, say, settings } from "./page.js";
import * as permalink from "./permalink.js";
import { Staff, seesPoints } from "./staff.js";
import { reload } from "./tiles.js";
import { attempt, stand } from "./trouble.js";

const seconds = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeStyle: "medium", hourCycle: "h23", timeZone: settings.timezone });

/** A queue that could not be read is asked for again after so long. */
const AGAIN_MS = 2000;

class DispatchPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, me: null, isDesk: false, names: new Map(), place: null, isBehind: false, readAt: 0, stepping: new Map() });
    const now = () => this.now();
    this.feed = new Feed({
      onStep: (news) => this.heard(news), onReset: () => this.trying(() => this.read()), onState: (state) => this.lived(state),
      onRefused: (problem) => this.note(problem.message),
    });
    this.cases = new Cases();
    this.layer = new CaseLayer(map, { onPress: (id, latlng) => this.pressedMark(id, latlng), now });
    this.queue = new Queue({ onOpen: (id) => this.open(id), onPoint: (id) => this.layer.point(id), onChosen: (ids) => this.bulk.show(ids), now });
    this.filters = new Filters({ gridName: (id) => this.names.get(id) ?? null, onChange: (filters) => this.narrowed(filters), now });
    this.card = new Card(this);
    this.report = new ReportForm(this);
    this.bulk = new Bulk(this);
    this.keys = new Keys(this);
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    this.prepare();
  }

  prepare() {
    const { map } = this;
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.doubleClickZoom.disable();
    map.on("moveend", () => this.keep());
    map.on("click", (event) => this.pressed(event.latlng));
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.pressed(map.getCenter());
    });
    this.tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("new-report").addEventListener("click", () => this.newReport());
    byId("to-map").addEventListener("click", () => this.view("map"));
    byId("from-map").addEventListener("click", () => this.view(this.side));
    addEventListener("hashchange", () => this.follow());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    setInterval(() => this.tick(), 1000);
  }

  async start() {
    const asked = permalink.read(location.hash);
    const { bounds } = settings;
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom);
    else if (bounds) this.map.fitBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]], { animate: false });
    this.filters.values = readFilters(asked.params);
    this.wanted = asked.thing?.kind === "incident" ? asked.thing.id : null;
    calm(true);
    SHOWN.add("grid");
    const me = await this.staff.who();
    this.tiles.addTo(this.map);
    await Promise.all([this.trying(() => this.readerChanged(me), null), this.trying(tellCity, null)]);
  }

  async readerChanged(me) {
    this.me = me;
    this.isDesk = seesPoints(me.role);
    byId("locked").hidden = this.isDesk;
    byId("board").hidden = !this.isDesk;
    byId("new-report").hidden = !this.isDesk;
    if (!this.isDesk && me.role !== "public") this.note(say("dispatch_role_low"));
    this.feed.stop();
    this.cases.clear();
    this.isBehind = false;
    this.stopPlacing();
    this.card.close();
    this.report.close();
    this.bulk.close();
    this.names = new Map();
    fill(byId("taken"));
    this.layer.focus(null);
    this.queue.mark(null);
    this.draw();
    if (this.map.hasLayer(this.tiles)) reload(this.tiles);
    if (!this.isDesk) return;
    const signal = sameReader();
    await this.feed.start();
    signal.throwIfAborted();
    await this.read();
    signal.throwIfAborted();
    this.trying(async () => {
      this.names = await api.gridNames();
      this.draw();
      this.card.draw(); // it names the grids next door
    });
    const wanted = this.wanted;
    this.wanted = null;
    if (wanted !== null) await this.open(wanted);
  }

  /** Read the queue anew; what could not be read is read again once the service is heard of. */
  async read() {
    Object.assign(this, { isBehind: true, readAt: performance.now() });
    byId("queue").setAttribute("aria-busy", "true");
    try {
      if (await this.cases.load(this.filters.values, () => this.draw())) this.isBehind = false;
    } finally {
      if (!this.cases.isReading) byId("queue").setAttribute("aria-busy", "false");
    }
  }

  /** Another link in this tab: what it narrows, and what it opens. */
  follow() {
    const { params, thing } = permalink.read(location.hash);
    this.filters.values = readFilters(params);
    if (!this.isDesk) return;
    this.narrowed(this.filters.values);
    if (thing?.kind === "incident" && thing.id !== this.card.it?.id) this.open(thing.id);
  }

  // What is known

  now() {
    return this.feed.now;
  }

  isOwn(step) {
    return step.token_name === this.me?.name;
  }

  // What is new

  heard({ step, case: it, was_mine: wasMine }) {
    if (wasMine) this.taken(step);
    const what = this.cases.take(it);
    this.card.took(it, step);
    if (what === null) return;
    this.draw();
    if (this.isOwn(step)) return;
    if (what === "new") this.speak(say("dispatch_new_case", { id: it.id, item: titleOf(it), grid: it.grid_name ?? say("dispatch_no_place") }));
    else this.speak(say("dispatch_changed_case", { id: it.id, desk: actorName(step), move: moveName(step.move) }));
    if (what !== "gone") this.flash(it.id);
  }

  /** A case was taken out of this desk's hands: it stays said until somebody has read it. */
  taken(step) {
    const { incident_id: id, reason } = step;
    const line = el("p", { class: "banner taken" }, say("dispatch_taken", { id, desk: actorName(step), reason }), " ",
      el("button", { type: "button", class: "link", onclick: () => this.open(id) }, say("dispatch_key_open")),
      el("button", { type: "button", class: "close-card", "aria-label": say("close"), onclick: () => line.remove() }, "×"));
    byId("taken").append(line);
  }

  /** A row that another desk has changed lights up for a moment. */
  flash(id) {
    const row = this.queue.rows.get(id)?.element;
    row?.classList.remove("fresh");
    requestAnimationFrame(() => row?.classList.add("fresh"));
  }

  /** How old what is shown may be. */
  lived({ asOf, isLost }) {
    byId("as-of").textContent = asOf === null ? "" : say("dispatch_as_of", { time: seconds.format(asOf) });
    byId("as-of").classList.toggle("old", isLost);
    byId("lost").hidden = !isLost;
    if (!isLost && !byId("trouble").hidden) { // what could not be fetched while the line was down can be now
      this.tiles.source.wake();
    }
    const isDue = this.isBehind && !this.cases.isReading && performance.now() - this.readAt > AGAIN_MS;
    if (this.isDesk && !isLost && isDue) this.trying(() => this.read());
  }

  tick() {
    if (!this.isDesk) return;
    if (this.queue.tick()) this.draw();
    this.card.tick();
  }

  // What is done

  /** Make a move. Pressed twice while it is on its way, it is made once. */
  step(it, move, said) {
    const key = JSON.stringify([it.id, it.version, move]);
    if (!this.stepping.has(key)) this.stepping.set(key, this.taking(it, move, said).finally(() => this.stepping.delete(key)));
    return this.stepping.get(key);
  }

  /** What became of the case is known at once, and the stream says it again. */
  async taking(it, move, said) {
    const told = await api.takeStep(it, move, said);
    this.cases.take(told);
    this.draw();
    this.card.took(told, null);
    this.speak(say("dispatch_did", { id: told.id, move: moveName(move) }));
    return told;
  }

  /** A move by its key: with the case whose row has the focus, else with the open one. */
  quick(move) {
    this.trying(async () => {
      if (await this.opened()) await this.card.move(move);
    });
  }

  /** Open the case whose row has the focus, else leave the open one; whether one is open then. */
  async opened() {
    const isInQueue = byId("queue").contains(document.activeElement);
    const id = this.card.isOpen && !isInQueue ? this.card.it.id : this.queue.at;
    if (this.card.it?.id !== id) await this.open(id);
    return this.card.isOpen;
  }

  open(id, notes = [], opened = []) {
    if (id === null) return null;
    return this.trying(async () => {
      this.report.hide();
      this.stopPlacing();
      this.view("card");
      const opening = this.card.open(id, notes, opened);
      this.queue.mark(id);
      await opening;
      if (this.card.it?.id === id) this.layer.fit(this.card.it, this.card.helpers?.helpers ?? []);
    });
  }

  newReport() {
    this.card.close();
    this.layer.focus(null);
    this.queue.mark(null);
    this.view("report");
    this.report.show();
  }

  /** Give the report up. */
  discard() {
    this.report.close();
    this.leave();
    this.queue.move(0);
  }

  /** A report was taken in: its case is opened with what there is to know at once. */
  async reported(told) {
    const notes = Object.entries(told.masked).map(([kind, n]) => say("dispatch_masked", { what: say(`dispatch_mask_${kind}`), n }));
    if (told.is_repeat) notes.unshift(say("dispatch_repeat"));
    this.cases.take(told);
    this.draw();
    await this.open(told.id, [say("dispatch_taken_in", { id: told.id }), ...notes], told.suggestions.length > 0 ? ["same"] : []);
    byId("case").querySelector("h2")?.focus();
  }

  /** The next place that is pressed on the map is where a case is. */
  placing(it) {
    this.place = it;
    byId("map-side").classList.add("placing");
    byId("place-hint").hidden = false;
    this.view("map");
    this.map.getContainer().focus();
  }

  stopPlacing() {
    this.place = null;
    byId("map-side").classList.remove("placing");
    byId("place-hint").hidden = true;
  }

  /** Place the case whose row has the focus, or that is open. */
  quickPlace() {
    this.trying(async () => {
      if (await this.opened()) this.placing(this.card.it);
    });
  }

  pressed({ lng, lat }) {
    const lonlat = [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
    if (this.report.isShown) {
      this.report.placed(lonlat);
      this.view("report");
    } else if (this.place) {
      this.stopPlacing();
      this.view("card");
      this.trying(() => this.card.place({ lonlat }));
    }
  }

  /** Say where a case is; what nobody has in hand is in this desk's then. */
  async placed(it, said) {
    const told = await api.placeCase(it, said);
    this.cases.take(told);
    this.draw();
    await this.card.took(told, null);
    if (this.card.it?.id === told.id) this.layer.fit(this.card.it, this.card.helpers?.helpers ?? []);
    this.speak(say("dispatch_did", { id: told.id, move: moveName("locate") }));
  }

  /** A mark is in the way of a place that is looked for, else it opens its case. */
  pressedMark(id, latlng) {
    if (this.report.isShown || this.place) this.pressed(latlng);
    else this.open(id);
  }

  unmark() {
    this.queue.choose([...this.queue.chosen], false);
  }

  /** One step back: the form, the place, the card, the marks, the words that narrow. */
  back() {
    if (document.activeElement === byId("find")) byId("find").blur();
    else if (this.card.form) this.card.closeForm();
    else if (this.place) this.stopPlacing();
    else if (this.card.isOpen || this.report.isShown) this.leave();
    else if (this.queue.chosen.size > 0) this.unmark();
    else if (this.filters.values.q) this.filters.set({ q: "" });
    this.queue.move(0);
  }

  leave() {
    this.card.close();
    this.report.hide();
    this.layer.focus(null);
    this.queue.mark(null);
    this.view("queue");
    this.keep();
  }

  narrowed(filters) {
    this.draw();
    if (this.cases.isOther(filters)) this.trying(() => this.read());
    this.keep();
  }

  // How it looks

  draw() {
    this.show();
    this.filters.draw(this.cases.list);
  }

  show() {
    const shown = this.cases.list.filter((it) => isShown(it, this.filters.values, this.now()));
    this.queue.show(shown);
    this.layer.show(shown);
    const { matched, list } = this.cases;
    byId("part-of").hidden = matched <= list.length;
    byId("part-of").textContent = say("dispatch_part_of", { n: count(list.length), all: count(matched) });
  }

  /** The card was drawn. */
  drawn() {
    this.layer.focus(this.card.it, this.card.grid, this.card.helpers?.helpers ?? []);
    this.keep();
  }

  /** What a narrow screen shows; on a wide one the map is always there. */
  view(name) {
    if (name !== "map") this.side = name;
    byId("dispatch").dataset.view = name;
    byId("dispatch").dataset.side = this.side ?? "queue";
    this.map.invalidateSize({ animate: false });
  }

  keep() {
    if (this.wanted) return; // the address still says what is to be opened
    const thing = this.card.isOpen ? { kind: "incident", id: this.card.it.id } : null;
    permalink.write(this.map, thing, filterParts(this.filters.values));
  }

  note(text) {
    byId("note").textContent = text;
    byId("note").hidden = text === "";
  }

  speak(text) {
    fill(byId("status"), text);
  }

  /** Do something that the service may refuse. */
  trying(act, why) {
    return attempt(act, (text) => this.note(text), why);
  }
}

/** Called by folium's script once the map and its tiles stand. */
export function dispatchMap(map, tiles) {
  const page = new DispatchPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
