// The public page: brings map, panel, search and cards together.

import { SHOWN, calm } from "./cartography.js";
import { gridCard, incidentCard, overviewCard, placeCard, resourceCard, stationCard } from "./cards.js";
import { tellCity } from "./city.js";
import { byId, fill } from "./dom.js";
import { fit, fitCity } from "./fit.js";
import { drawLegend } from "./legend.js";
import { Lists } from "./lists.js";
import { bboxOf, getJson } from "./net.js";
import { Newest } from "./newest.js";
import { Overlay } from "./overlay.js";
import { say, servesResidents, settings } from "./page.js";
import { Panel } from "./panel.js";
import * as permalink from "./permalink.js";
import { Reach } from "./reach.js";
import { Search } from "./search.js";
import { Staff, seesPoints } from "./staff.js";
import { pick, reload, repaint } from "./tiles.js";
import { Problem, attempt, isOvertaken, stand } from "./trouble.js";

class PublicPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, thing: null, place: null, role: "public", showing: new Newest() });
    this.overlay = new Overlay(map);
    this.panel = new Panel((name) => this.tabOpened(name), () => this.resized());
    this.panel.onBack = () => this.home();
    this.reach = new Reach(map, { onChange: () => this.keep(), onTrouble: (words) => this.note(words), centre: () => this.panel.centreOf(map) });
    this.lists = new Lists(map, (kind, id) => this.show(kind, id));
    this.search = new Search((item) => this.found(item));
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    this.prepareMap();
    this.prepareButtons();
  }

  prepareMap() {
    const { map } = this;
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.on("click", (event) => this.clicked(event.latlng));
    map.on("contextmenu", (event) => this.pressed(event.latlng));
    map.on("moveend", () => this.moved());
    map.on("mousemove", (event) => this.hovered(event.latlng));
    this.tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
  }

  prepareButtons() {
    byId("locate").addEventListener("click", () => this.locate());
    byId("language").addEventListener("click", (event) => {
      event.currentTarget.hash = location.hash;
    });
    byId("print").addEventListener("click", () => window.print());
    window.addEventListener("hashchange", () => this.followAddress());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || byId("staff-dialog").open) return;
      if (this.reach.isOpen && this.reach.place) this.reach.forget();
      else if (this.thing) this.home();
    });
  }

  async start() {
    const asked = permalink.read(location.hash);
    asked.off.forEach((name) => SHOWN.delete(name));
    const { bounds } = settings;
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom);
    else if (bounds) fitCity(this.map, this.panel, L.latLngBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]));
    this.reach.start(asked.params);
    const me = await this.staff.who();
    calm(asked.params.get("tab") === "reach");
    this.tiles.addTo(this.map);
    await this.trying(() => this.loadCity(me), null);
    // a link to what is gone still brings the city
    if (!asked.thing || !(await this.show(asked.thing.kind, asked.thing.id, { move: !asked.view }))) this.home();
    this.followReach(asked);
  }

  /** What a reader is told of the whole city. */
  async loadCity(me) {
    this.role = me.role;
    drawLegend(seesPoints(me.role), (name, isOn) => this.switched(name, isOn));
    this.city = await tellCity();
    if (this.city) document.title = say("page_title", { city: this.city });
    const { total, run, is_behind_data: isBehind } = await this.coverage();
    const { numberMatched: proposals } = await getJson("/api/v1/proposals", { limit: 1 });
    Object.assign(this, { total, run, isBehind, proposals });
  }

  /** The figures of the city; none while nothing has been computed. */
  async coverage() {
    try {
      return await getJson("/api/v1/coverage", { by: "city" });
    } catch (error) {
      if (error.status !== 503) throw error;
      return { run: null };
    }
  }

  home() {
    this.showing.stop();
    this.thing = null;
    this.overlay.clear();
    this.panel.card(this.overview(), { isHome: true });
    this.keep();
  }

  overview() {
    return overviewCard(this.city, this.total, this.run, this.isBehind, this.proposals);
  }

  fit(bounds, maxZoom = 18) {
    fit(this.map, this.panel, bounds, maxZoom);
  }

  /** Keep the address in step with what is shown. */
  keep() {
    permalink.write(this.map, this.reach.isOpen ? null : this.thing, this.reach.parts());
  }

  /** A long press, or the other mouse button: how far does one get from here? */
  pressed(latlng) {
    if (!this.reach.isOpen) this.panel.open("reach", true);
    this.reach.from(latlng);
  }

  followReach(asked) {
    this.reach.start(asked.params);
    if (asked.params.get("tab") === "reach") this.panel.open("reach", true);
  }

  clicked(latlng) {
    if (this.reach.isOpen) {
      this.pressed(latlng);
      return;
    }
    const found = pick(this.tiles, latlng);
    for (const kind of ["station", "resource", "incident", "grid"]) {
      if (found[kind] && (SHOWN.has(kind) || kind === "grid")) {
        this.show(kind, found[kind].id, { move: false, cell: SHOWN.has("incident") ? found.cell?.props.n_class : undefined });
        return;
      }
    }
    this.home();
  }

  hovered(latlng) {
    const now = performance.now();
    if (now - (this.lastHover ?? 0) < 60) return;
    this.lastHover = now;
    const found = pick(this.tiles, latlng);
    this.map.getContainer().classList.toggle("over-thing", Boolean(found.station || found.resource || found.incident || found.grid));
  }

  /** Open the card of a thing, and mark it on the map. Returns whether it can be shown: whatever was wished for last is. */
  async show(kind, id, { move = true, cell = undefined } = {}) {
    const showers = { grid: this.showGrid, station: this.showStation, resource: this.showResource, incident: this.showIncident };
    let isRefused = false;
    await this.trying(() => this.showing.run(async (signal) => {
      const display = await showers[kind].call(this, id, cell);
      signal.throwIfAborted();
      this.thing = { kind, id };
      this.panel.card(display.parts);
      const bounds = display.mark();
      if (bounds && (move || display.isWide)) this.fit(bounds, 17);
      this.keep();
    }).catch((error) => {
      isRefused = !isOvertaken(error);
      throw error;
    }));
    return !isRefused;
  }

  async showGrid(id, cell) {
    const grid = await getJson(`/api/v1/grids/${id}`);
    return { parts: gridCard(grid, this.run, cell), mark: () => this.overlay.grid(grid) };
  }

  async showStation(id) {
    const station = await getJson(`/api/v1/stations/${id}`);
    const circle = servesResidents(station.properties.kind) ? await this.circleOf(id) : null;
    const walk = this.place?.stations.find((near) => near.id === id);
    const mark = () => (circle ? this.overlay.circle(station, circle) : this.markPoint(station));
    return { parts: stationCard(station, circle, walk), mark, isWide: circle !== null };
  }

  /** A station's reach; none when it came after the last computation, or nothing has been computed. */
  async circleOf(id) {
    try {
      return await getJson(`/api/v1/stations/${id}/circle`);
    } catch (error) {
      if ([404, 503].includes(error.status)) return null;
      throw error;
    }
  }

  async showResource(id) {
    return this.pointCard("/api/v1/resources", id, resourceCard);
  }

  async showIncident(id) {
    return this.pointCard("/api/v1/incidents", id, incidentCard);
  }

  /** A thing that the service gives only in lists; it lies in view, or its link would not show it. */
  async pointCard(path, id, card) {
    const list = await getJson(path, { limit: 1000, bbox: bboxOf(this.map.getBounds()) });
    const thing = list.features.find((feature) => feature.id === id);
    if (!thing) throw new Problem(404, say("gone"));
    return { parts: card(thing), mark: () => this.markPoint(thing) };
  }

  markPoint(thing) {
    this.overlay.clear();
    this.overlay.point(thing);
    const [lng, lat] = thing.geometry.coordinates;
    return L.latLng(lat, lng).toBounds(400);
  }

  found(item) {
    if (item.kind === "grid" || item.kind === "station") {
      this.show(item.kind, item.id);
      return;
    }
    const [west, south, east, north] = item.bbox;
    this.fit([[south, west], [north, east]], 17);
    byId("status").textContent = item.name;
  }

  locate() {
    if (!navigator.geolocation) {
      this.note(say("locate_unsupported"));
      return;
    }
    this.trying(() => this.showing.run(async (signal) => {
      byId("locate").classList.add("busy");
      const found = await position().finally(() => byId("locate").classList.remove("busy"));
      signal.throwIfAborted();
      await this.located(found.coords, signal);
    }));
  }

  async located({ longitude, latitude, accuracy }, signal) {
    const latlng = L.latLng(latitude, longitude);
    this.overlay.clear();
    this.overlay.me(latlng, accuracy);
    const place = await getJson("/api/v1/locate", { lon: longitude.toFixed(6), lat: latitude.toFixed(6), limit: 10 }, signal);
    signal.throwIfAborted();
    Object.assign(this, { place, thing: null });
    this.panel.card(placeCard(place, (id) => this.show("station", id), (id) => this.show("grid", id)));
    this.fit(latlng.toBounds(1200), 16);
  }

  tabOpened(name) {
    const isReach = name === "reach";
    if (name !== "card") this.showing.stop(); // a card that is still on its way would take the place of what was wished for last
    byId("share-ramp").hidden = isReach;
    byId("reach-key").hidden = !isReach;
    if (isReach !== this.reach.isOpen) {
      if (calm(isReach)) repaint(this.tiles);
      if (isReach) this.overlay.clear();
      if (isReach) this.reach.open();
      else this.reach.close();
      this.keep();
    }
    if (name === "list") this.trying(() => this.lists.open(), null);
  }

  switched(name, isOn) {
    if (isOn) SHOWN.add(name);
    else SHOWN.delete(name);
    repaint(this.tiles);
    this.keep();
  }

  /** Of what the reader before was told nothing stays. */
  async readerChanged(me) {
    Object.assign(this, { total: undefined, run: undefined, isBehind: false, proposals: 0, place: null });
    this.lists.forget();
    this.search.forget();
    this.reach.forgetReader();
    this.overlay.place.clearLayers();
    this.home();
    if (this.map.hasLayer(this.tiles)) reload(this.tiles);
    await this.loadCity(me);
    if (byId("back").hidden) fill(byId("card"), this.overview()); // else something was opened meanwhile
  }

  moved() {
    this.keep();
    if (this.lists.followsView && !byId("view-list").hidden) this.trying(() => this.lists.open(), null);
  }

  resized() {
    this.map.invalidateSize({ animate: false });
  }

  followAddress() {
    const asked = permalink.read(location.hash);
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom, { animate: false });
    if (asked.params.get("tab") === "reach") this.followReach(asked);
    const same = asked.thing && this.thing && asked.thing.kind === this.thing.kind && asked.thing.id === this.thing.id;
    if (asked.thing && !same) this.show(asked.thing.kind, asked.thing.id, { move: false });
  }

  /** A sentence under the bar, and for screen readers. */
  note(text) {
    byId("note").textContent = text;
    byId("note").hidden = text === "";
  }

  /** Do something that the service may refuse. */
  trying(act, why) {
    return attempt(act, (text) => this.note(text), why);
  }
}

/** Where the reader is, as the device says. */
const position = () => new Promise((resolve, reject) => {
  const refuse = ({ code }) => reject(new Problem(0, say(code === 1 ? "locate_denied" : "locate_failed")));
  navigator.geolocation.getCurrentPosition(resolve, refuse, { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 });
});

/** Called by folium's script once the map and its tiles stand. */
export function publicMap(map, tiles) {
  const page = new PublicPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
