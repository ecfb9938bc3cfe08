// The page of two maps: two plans of a community, or its grids on two days, side by side, and who moves where between them.

import { SHOWN, calm } from "./cartography.js";
import { byId, fill } from "./dom.js";
import { getJson } from "./net.js";
import { count, dayOf, language, nameOf, percent, say, settings } from "./page.js";
import * as permalink from "./permalink.js";
import * as api from "./plans_api.js";
import { planName } from "./plans_head.js";
import { Staff, mayPlan } from "./staff.js";
import { Choice, asked } from "./twin_choice.js";
import { Flows } from "./twin_flows.js";
import { TwinMaps } from "./twin_maps.js";
import { TwinTables } from "./twin_tables.js";

const QUIET = ["border", "station", "resource", "incident"];

class TwinPage {
  constructor(sides) {
    Object.assign(this, { tiles: sides.map(([, tiles]) => tiles), turn: 0 });
    this.maps = new TwinMaps(sides.map(([map]) => map));
    this.tables = new TwinTables({ onMark: (key) => this.mark(key), short: (name) => this.short(name) });
    this.choice = new Choice((isOther) => this.trying(() => this.changed(isOther)));
    this.staff = new Staff((me) => this.trying(() => this.readerChanged(me)));
    this.prepare();
  }

  prepare() {
    this.maps.maps[0].on("moveend", () => this.keep());
    for (const tiles of this.tiles) tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("print").addEventListener("click", () => window.print());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    window.addEventListener("resize", () => this.resized());
    window.addEventListener("beforeprint", () => this.printing(true));
    window.addEventListener("afterprint", () => this.printing(false));
  }

  async start() {
    const { view, params } = permalink.read(location.hash);
    this.wanted = { ...asked(params), view };
    const { bounds } = settings;
    if (bounds) this.maps.fit(L.latLngBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]));
    for (const name of QUIET) SHOWN.delete(name);
    calm(true);
    const me = await this.staff.who();
    this.tiles.forEach((tiles, i) => tiles.addTo(this.maps.maps[i]));
    const cities = await getJson("/api/v1/areas", { level: "city", limit: 1 });
    if (cities.features[0]) byId("brand-city").textContent = nameOf(cities.features[0].properties);
    await this.readerChanged(me);
  }

  async readerChanged(me) {
    const isPlanner = mayPlan(me.role);
    byId("locked").hidden = isPlanner;
    byId("choice").hidden = !isPlanner;
    this.note(isPlanner || me.role === "public" ? "" : say("redraw_role_low"));
    this.clear();
    if (!isPlanner) return;
    const areas = [...(await api.communities()).values()];
    this.choice.communities = areas.sort((a, b) => (a.code < b.code ? -1 : 1));
    const { view, ...wish } = this.wanted ?? { view: null, ...this.choice.wish };
    this.wanted = null;
    this.choice.wish = { ...wish, community: wish.community ?? (await this.communityOf(wish.b ?? wish.a)) };
    await this.changed(true, view);
  }

  /** The community of a plan of which only the number is known. */
  async communityOf(planId) {
    if (planId === null) return null;
    return (await api.listPlans({})).find((plan) => plan.id === planId)?.community_code ?? null;
  }

  /** Something else is to be compared. */
  async changed(isOther, view = null) {
    const { choice } = this;
    const turn = (this.turn += 1);
    if (isOther) choice.take(choice.community ? await api.listPlans({ community: choice.wish.community }) : []);
    if (turn !== this.turn) return;
    choice.draw();
    this.keep();
    this.clear();
    if (!choice.isWhole) this.tell(this.missing());
    else await this.compare(turn, isOther, view);
  }

  /** Why nothing is shown. */
  missing() {
    const { community, plans, wish } = this.choice;
    if (!community || wish.by === "days" || plans.length > 1) return say("twin_first");
    return say(plans.length === 1 ? "twin_one_plan" : "twin_no_plan");
  }

  async compare(turn, isMoving, view) {
    byId("maps").setAttribute("aria-busy", "true");
    try {
      const [comparison, ...grids] = await this.ask();
      if (turn === this.turn) this.show(comparison, grids, isMoving, view);
    } finally {
      if (turn === this.turn) byId("maps").setAttribute("aria-busy", "false");
    }
  }

  ask() {
    const { by, a, b, from, to, community } = this.choice.wish;
    if (by === "plans") return Promise.all([api.comparePlans(a, b), ...[a, b].map(async (id) => (await api.getPlan(this.choice.plan(id))).features)]);
    return Promise.all([api.compareDays(from, to, community), ...[from, to].map((day) => api.gridsOn(day, community))]);
  }

  show(comparison, grids, isMoving, view) {
    const flows = new Flows(comparison, (name) => this.short(name));
    const ground = comparison.ground.map(({ shape, ...each }) => ({ ...each, geometry: shape }));
    this.maps.show(grids, ground, flows, this.titles());
    if (view) this.maps.maps[0].setView([view.lat, view.lng], view.zoom, { animate: false });
    else if (isMoving) this.maps.fit(this.maps.bounds());
    byId("outcome").hidden = false;
    byId("twin-key").hidden = false;
    this.tables.show(flows, comparison);
    this.tell(this.verdict(comparison, grids));
    byId("to-plans").hash = this.choice.wish.by === "plans" ? `community=${this.choice.wish.community}&plan=${this.choice.wish.b}` : `community=${this.choice.wish.community}`;
  }

  titles() {
    const { by, a, b, from, to } = this.choice.wish;
    return by === "plans" ? [a, b].map((id) => planName(this.choice.plan(id))) : [from, to].map(dayOf);
  }

  verdict({ moved, moved_share: share, residents_other_member: other }, grids) {
    const { by, from, to } = this.choice.wish;
    const empty = by === "days" ? [from, to].find((_, i) => grids[i].length === 0) : undefined;
    if (empty) return say("twin_no_grids", { day: dayOf(empty) });
    if (moved.residents === 0) return say("redraw_nobody_moves");
    const words = say("redraw_moved_share", { residents: count(moved.residents), share: percent(share ?? 0) });
    return other > 0 ? `${words}${language === "zh" ? "" : " "}${say("redraw_other_member", { n: count(other) })}` : words;
  }

  /** A grid's name without that of the community, which all of them may begin with. */
  short(name) {
    const { community } = this.choice;
    return community && name.startsWith(community.name) ? name.slice(community.name.length) || name : name;
  }

  /** Show the ground of a move on both maps; null: all of it. */
  mark(key) {
    this.maps.mark(key);
    const its = this.maps.bounds(key);
    this.maps.fit(its.isValid() ? its : this.maps.bounds());
    this.tables.markBand(key);
  }

  clear() {
    this.maps.clear();
    byId("outcome").hidden = true;
    byId("twin-key").hidden = true;
    byId("verdict").hidden = true;
  }

  // The frame

  resized() {
    this.maps.resized();
    if (!byId("outcome").hidden) this.tables.drawStream();
  }

  /** On paper the maps are as wide as the sheet: they are told before it is taken. */
  printing(isPrinting) {
    document.documentElement.classList.toggle("printing", isPrinting);
    this.resized();
    if (isPrinting && !byId("outcome").hidden) this.maps.fit(this.maps.bounds(this.tables.marked));
  }

  keep() {
    if (!this.wanted) permalink.write(this.maps.maps[0], null, this.choice.parts());
  }

  tell(text) {
    byId("verdict").textContent = text;
    byId("verdict").hidden = text === "";
  }

  note(text) {
    fill(byId("note"), text);
    byId("note").hidden = text === "";
    this.maps.resized();
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

/** Called by folium's script once both maps and their tiles stand: pairs of these. */
export function twinMaps(sides) {
  const page = new TwinPage(sides);
  page.start().then(() => { document.documentElement.dataset.ready = "true"; }, (error) => page.note(error.message));
  return page;
}
