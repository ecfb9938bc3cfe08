// The page of two maps: two plans of a community, or its grids on two days, side by side, and who moves where between them.

import { SHOWN, calm } from "./cartography.js";
import { tellCity } from "./city.js";
import { byId, fill } from "./dom.js";
import { Newest } from "./newest.js";
import { count, dayOf, language, percent, say, settings } from "./page.js";
import * as permalink from "./permalink.js";
import * as api from "./plans_api.js";
import { planName } from "./plans_head.js";
import { Staff, mayPlan } from "./staff.js";
import { Choice, asked } from "./twin_choice.js";
import { Flows } from "./twin_flows.js";
import { TwinMaps } from "./twin_maps.js";
import { TwinTables } from "./twin_tables.js";
import { attempt, stand } from "./trouble.js";

const QUIET = ["border", "station", "resource", "incident"];
/** What hangs on the comparison that is shown. */
const TOLD = ["moves", "stream", "matrix", "load", "verdict"];

class TwinPage {
  constructor(sides) {
    Object.assign(this, { tiles: sides.map(([, tiles]) => tiles), questions: new Newest() });
    this.maps = new TwinMaps(sides.map(([map]) => map));
    this.tables = new TwinTables({ onMark: (key) => this.mark(key), short: (name) => this.short(name) });
    this.choice = new Choice((isOther) => this.trying(() => this.changed(isOther)));
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    this.prepare();
  }

  prepare() {
    this.maps.maps[0].on("moveend", () => this.keep());
    for (const tiles of this.tiles) tiles.source.onTrouble = () => { byId("trouble").hidden = this.tiles.every(({ source }) => source.missing === 0); };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("print").addEventListener("click", () => window.print());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    window.addEventListener("hashchange", () => {
      const link = permalink.read(location.hash); // now: putting the note away moves the maps, and that writes the address
      this.trying(() => this.followed(link));
    });
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
    await Promise.all([this.trying(() => this.readerChanged(me), null), this.trying(tellCity, null)]);
  }

  /** Another link in this tab. */
  async followed({ view, params }) {
    this.wanted = { ...asked(params), view };
    await this.readerChanged(this.staff.me);
  }

  async readerChanged(me) {
    const isPlanner = mayPlan(me.role);
    byId("locked").hidden = isPlanner;
    byId("choice").hidden = !isPlanner;
    if (!isPlanner && me.role !== "public") this.note(say("redraw_role_low"));
    this.questions.stop();
    this.clear();
    for (const name of TOLD) fill(byId(name));
    this.choice.forget();
    if (!isPlanner) return;
    await this.questions.run(async (signal) => {
      const areas = [...(await api.communities()).values()];
      const { view, ...wish } = this.wanted ?? { view: null, ...this.choice.wish };
      const community = wish.community ?? (await this.communityOf(wish.b ?? wish.a));
      signal.throwIfAborted();
      this.wanted = null;
      this.choice.communities = areas.sort((a, b) => (a.code < b.code ? -1 : 1));
      this.choice.wish = { ...wish, community };
      await this.answer(true, view, signal);
    });
  }

  /** The community of a plan of which only the number is known. */
  async communityOf(planId) {
    if (planId === null) return null;
    return (await api.listPlans({})).find((plan) => plan.id === planId)?.community_code ?? null;
  }

  /** Something else is to be compared; only what was chosen last is. */
  changed(isOther) {
    return this.questions.run((signal) => this.answer(isOther, null, signal));
  }

  async answer(isMoving, view, signal) {
    const { choice } = this;
    const { community } = choice.wish;
    if (choice.plansOf !== community) {
      choice.draw();
      const plans = choice.community ? await api.listPlans({ community }) : [];
      signal.throwIfAborted();
      choice.take(plans);
    }
    choice.draw();
    this.keep();
    this.clear();
    if (!choice.isWhole) this.tell(this.missing());
    else await this.compare(signal, isMoving, view);
  }

  /** Why nothing is shown. */
  missing() {
    const { community, plans, wish } = this.choice;
    if (!community || wish.by === "days" || plans.length > 1) return say("twin_first");
    return say(plans.length === 1 ? "twin_one_plan" : "twin_no_plan");
  }

  async compare(signal, isMoving, view) {
    this.wait(true);
    try {
      const [comparison, ...grids] = await this.ask();
      signal.throwIfAborted();
      this.show(comparison, grids, isMoving, view);
    } finally {
      if (!signal.aborted) this.wait(false);
    }
  }

  wait(isWaiting) {
    byId("maps").setAttribute("aria-busy", String(isWaiting));
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
    this.wait(false);
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
  trying(act, why) {
    return attempt(act, (text) => this.note(text), why);
  }
}

/** Called by folium's script once both maps and their tiles stand: pairs of these. */
export function twinMaps(sides) {
  const page = new TwinPage(sides);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
