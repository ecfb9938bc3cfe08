// The public page: brings map, panel, search and cards together.

import { SHOWN, calm } from "./cartography.js";
import { gridCard, incidentCard, overviewCard, placeCard, resourceCard, stationCard } from "./cards.js";
import { byId } from "./dom.js";
import { fit, fitCity } from "./fit.js";
import { drawLegend } from "./legend.js";
import { Lists } from "./lists.js";
import { bboxOf, getJson } from "./net.js";
import { Overlay } from "./overlay.js";
import { nameOf, say, servesResidents, settings } from "./page.js";
import { Panel } from "./panel.js";
import * as permalink from "./permalink.js";
import { Reach } from "./reach.js";
import { Search } from "./search.js";
import { Staff, seesPoints } from "./staff.js";
import { pick, reload, repaint } from "./tiles.js";

class PublicPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, thing: null, place: null, role: "public" });
    this.overlay = new Overlay(map);
    this.panel = new Panel((name) => this.tabOpened(name), () => this.resized());
    this.panel.onBack = () => this.home();
    this.reach = new Reach(map, { onChange: () => this.keep(), onTrouble: (error) => this.note(error ? error.message : ""), centre: () => this.panel.centreOf(map) });
    this.lists = new Lists(map, (kind, id) => this.show(kind, id));
    this.search = new Search((item) => this.found(item));
    this.staff = new Staff((me) => this.readerChanged(me));
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
    window.addEventListener("online", () => reload(this.tiles));
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
    this.role = (await this.staff.who()).role;
    calm(asked.params.get("tab") === "reach");
    this.tiles.addTo(this.map);
    drawLegend(seesPoints(this.role), (name, isOn) => this.switched(name, isOn));
    await this.loadCity();
    if (asked.thing) await this.show(asked.thing.kind, asked.thing.id, { move: !asked.view });
    if (!this.thing) this.home(); // a link to what is gone still brings the city
    this.followReach(asked);
  }

  async loadCity() {
    const cities = await getJson("/api/v1/areas", { level: "city", limit: 1 });
    this.city = cities.features[0] ? nameOf(cities.features[0].properties) : settings.city;
    try {
      const coverage = await getJson("/api/v1/coverage", { by: "city" });
      this.total = coverage.total;
      this.run = coverage.run;
      this.isBehind = coverage.is_behind_data;
    } catch (error) {
      if (error.status !== 503) throw error;
    }
    this.proposals = (await getJson("/api/v1/proposals", { limit: 1 })).numberMatched;
    if (this.city) {
      byId("brand-city").textContent = this.city;
      document.title = say("page_title", { city: this.city });
    }
  }

  home() {
    this.thing = null;
    this.overlay.clear();
    this.panel.card(overviewCard(this.city, this.total, this.run, this.isBehind, this.proposals), { isHome: true });
    this.keep();
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

  /** Open the card of a thing, and mark it on the map. */
  async show(kind, id, { move = true, cell = undefined } = {}) {
    const asked = (this.asked = {});
    const showers = { grid: this.showGrid, station: this.showStation, resource: this.showResource, incident: this.showIncident };
    try {
      const display = await showers[kind].call(this, id, cell);
      if (asked !== this.asked) return;
      this.thing = { kind, id };
      this.note("");
      this.panel.card(display.parts);
      const bounds = display.mark();
      if (bounds && (move || display.isWide)) this.fit(bounds, 17);
      this.keep();
    } catch (error) {
      this.say(error);
    }
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
    if (!thing) throw new Error(say("gone"));
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
    byId("locate").classList.add("busy");
    navigator.geolocation.getCurrentPosition(
      (position) => this.located(position.coords),
      (error) => {
        byId("locate").classList.remove("busy");
        this.note(say(error.code === 1 ? "locate_denied" : "locate_failed"));
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }

  async located({ longitude, latitude, accuracy }) {
    byId("locate").classList.remove("busy");
    this.note("");
    const latlng = L.latLng(latitude, longitude);
    this.overlay.clear();
    this.overlay.me(latlng, accuracy);
    try {
      this.place = await getJson("/api/v1/locate", { lon: longitude.toFixed(6), lat: latitude.toFixed(6), limit: 10 });
    } catch (error) {
      this.say(error);
      return;
    }
    this.thing = null;
    this.panel.card(placeCard(this.place, (id) => this.show("station", id), (id) => this.show("grid", id)));
    this.fit(latlng.toBounds(1200), 16);
  }

  tabOpened(name) {
    const isReach = name === "reach";
    byId("share-ramp").hidden = isReach;
    byId("reach-key").hidden = !isReach;
    if (isReach !== this.reach.isOpen) {
      if (calm(isReach)) repaint(this.tiles);
      if (isReach) this.overlay.clear();
      if (isReach) this.reach.open();
      else this.reach.close();
      this.keep();
    }
    if (name === "list") this.lists.open().catch((error) => this.say(error));
  }

  switched(name, isOn) {
    if (isOn) SHOWN.add(name);
    else SHOWN.delete(name);
    repaint(this.tiles);
    this.keep();
  }

  readerChanged(me) {
    this.role = me.role;
    drawLegend(seesPoints(me.role), (name, isOn) => this.switched(name, isOn));
    this.lists.forget();
    reload(this.tiles);
    this.loadCity().then(() => this.home()).catch((error) => this.say(error));
  }

  moved() {
    this.keep();
    if (this.lists.followsView && !byId("view-list").hidden) this.lists.open().catch((error) => this.say(error));
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

  say(error) {
    this.note(error.message);
  }
}

/** Called by folium's script once the map and its tiles stand. */
export function publicMap(map, tiles) {
  const page = new PublicPage(map, tiles);
  page.start().then(() => { document.documentElement.dataset.ready = "true"; }, (error) => page.say(error));
  return page;
}
