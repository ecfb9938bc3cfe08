// The page of proposed plans: everybody looks at them, grid by grid, and comments.

import { SHOWN, calm } from "./cartography.js";
import { tellCity } from "./city.js";
import { byId, fill } from "./dom.js";
import { fit, fitCity } from "./fit.js";
import { Newest } from "./newest.js";
import { say, settings } from "./page.js";
import { Panel } from "./panel.js";
import * as permalink from "./permalink.js";
import { gridCard, listCard, planCard, talkList } from "./proposals_cards.js";
import { CommentForm } from "./proposals_form.js";
import { ProposalLayer } from "./proposals_map.js";
import { ProposedPlan, listProposals, placeName } from "./proposals_plan.js";
import { repaint } from "./tiles.js";
import { attempt, isOvertaken, stand } from "./trouble.js";

/** The plan that the address asks for, or null. */
function planAsked() {
  const asked = new URLSearchParams(location.search).get("plan") ?? "";
  return /^\d{1,18}$/.test(asked) ? Number(asked) : null;
}

class ProposalsPage {
  constructor(map, tiles) {
    // the plan: undefined before anything is shown, null while all plans are listed
    Object.assign(this, { map, tiles, plan: undefined, gridId: null, isFollowing: true, bringing: new Newest() });
    this.layer = new ProposalLayer(map);
    this.form = new CommentForm();
    this.panel = new Panel((name) => this.tabOpened(name), () => this.map.invalidateSize({ animate: false }), ["card", "talk"]);
    this.panel.onBack = () => this.trying(() => this.back());
    this.prepare();
  }

  prepare() {
    const { map } = this;
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.on("moveend", () => this.keep());
    map.on("click", (event) => this.pressed(event.latlng));
    this.tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("print").addEventListener("click", () => window.print());
    byId("language").addEventListener("click", (event) => {
      if (this.plan) event.currentTarget.search += `&plan=${this.plan.id}`;
      event.currentTarget.hash = location.hash;
    });
    window.addEventListener("popstate", () => this.trying(() => this.follow()));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.gridId !== null && event.target.id !== "comment-text") this.overview();
    });
  }

  async start() {
    const { bounds } = settings;
    if (bounds) fitCity(this.map, this.panel, L.latLngBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]));
    calm(true);
    this.tiles.addTo(this.map);
    await Promise.all([this.trying(() => this.follow()), this.trying(tellCity, null)]);
  }

  /** Bring what the address asks for; it stays as it is until that has come. What was on its way before is not wanted any more. */
  async follow() {
    const asked = permalink.read(location.hash);
    this.isFollowing = true;
    try {
      await this.bringing.run((signal) => this.bring(planAsked(), asked, signal));
      this.isFollowing = false;
    } catch (error) {
      this.isFollowing = isOvertaken(error);
      throw error;
    }
    this.keep();
  }

  async bring(id, asked, signal) {
    if (id === null && this.plan !== null) await this.list(signal);
    if (id !== null && id !== this.plan?.id) await this.open(id, signal);
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom, { animate: false });
    if (asked.thing?.kind === "grid" && asked.thing.id !== this.gridId) this.show(asked.thing.id, { isMoving: !asked.view });
  }

  /** All plans that are proposed now. */
  async list(signal) {
    const plans = await listProposals();
    signal.throwIfAborted();
    Object.assign(this, { plan: null, gridId: null });
    this.frame(say("laid_title"));
    const choose = (id) => this.trying(() => this.choose(id));
    this.layer.signposts(plans, placeName, choose);
    this.panel.card(listCard(plans, choose), { isHome: true });
    const all = plans.reduce((box, { bbox: [west, south, east, north] }) => box.extend([[south, west], [north, east]]), L.latLngBounds([]));
    if (all.isValid()) fit(this.map, this.panel, all, 15);
  }

  async choose(id) {
    const search = new URLSearchParams(location.search);
    search.set("plan", id);
    history.pushState(null, "", `?${search}`);
    await this.follow();
  }

  async open(id, signal) {
    let plan;
    try {
      plan = await ProposedPlan.read(id);
    } catch (error) {
      if (!signal.aborted && !this.plan) await this.list(signal);
      throw error;
    }
    signal.throwIfAborted();
    Object.assign(this, { plan, gridId: null });
    this.frame(`${placeName(this.plan.proposal)} · ${say("laid_title")}`);
    this.layer.show(this.plan, (gridId) => this.plan.shortName(gridId));
    this.overview();
    fit(this.map, this.panel, this.layer.bounds(), 17);
  }

  /** What stands around a plan, or around the list of plans. */
  frame(title) {
    document.title = title;
    byId("tabs").hidden = this.plan === null;
    byId("border-key").hidden = this.plan === null;
    this.showBorders(this.plan === null);
  }

  /** Borders and names of all communities would mix with those of the grids. */
  showBorders(isShown) {
    if (SHOWN.has("border") === isShown) return;
    if (isShown) SHOWN.add("border");
    else SHOWN.delete("border");
    repaint(this.tiles);
  }

  overview() {
    this.gridId = null;
    this.layer.choose(null);
    this.backTo("laid_all_plans");
    this.panel.card(planCard(this.plan, (id) => this.show(id)));
    this.keep();
  }

  /** Open the card of a grid, and mark it on the map. */
  show(id, { isMoving = true } = {}) {
    if (!this.plan.grids.has(id)) return;
    this.gridId = id;
    this.layer.choose(id);
    this.backTo("laid_whole_plan");
    this.panel.card(gridCard(this.plan, id, this.plan.proposal.is_open ? this.form.of(this.plan, id) : null));
    byId("status").textContent = say("laid_chosen", { name: this.plan.nameOf(id), change: say(`laid_change_${this.plan.grids.get(id).change}`) });
    if (isMoving) fit(this.map, this.panel, this.layer.bounds([id]), 17);
    this.keep();
  }

  backTo(key) {
    byId("back").textContent = `← ${say(key)}`;
  }

  async back() {
    if (this.gridId !== null) {
      this.overview();
      return;
    }
    const search = new URLSearchParams(location.search);
    search.delete("plan");
    history.pushState(null, "", `?${search}`);
    await this.follow();
  }

  pressed(latlng) {
    if (!this.plan) return;
    const id = this.layer.gridAt(latlng);
    if (id === null) this.overview();
    else this.show(id, { isMoving: this.panel.isSheet });
  }

  tabOpened(name) {
    if (name === "talk") fill(byId("view-talk"), talkList(this.plan, (id) => this.show(id)));
  }

  keep() {
    if (this.isFollowing) return;
    permalink.write(this.map, this.gridId === null ? null : { kind: "grid", id: this.gridId });
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
export function proposalsMap(map, tiles) {
  const page = new ProposalsPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
