// The page where grids are redrawn: brings map, plan, tools and panel together.

import { SHOWN, calm } from "./cartography.js";
import { tellCity } from "./city.js";
import { byId, fill } from "./dom.js";
import { fitCity } from "./fit.js";
import { Newest } from "./newest.js";
import { say, settings } from "./page.js";
import { Panel } from "./panel.js";
import * as permalink from "./permalink.js";
import * as api from "./plans_api.js";
import { PlanDialog } from "./plans_dialogs.js";
import { Draft } from "./plans_draft.js";
import { Editor } from "./plans_editor.js";
import { latlngOf } from "./plans_geometry.js";
import { GridPanel } from "./plans_grids.js";
import { Head, drawChooser } from "./plans_head.js";
import { GridLayer } from "./plans_map.js";
import { OutcomePanel } from "./plans_outcome.js";
import { ProblemPanel } from "./plans_problems.js";
import { TalkPanel } from "./plans_talk.js";
import { Tools } from "./plans_tools.js";
import { Search } from "./search.js";
import { Staff, mayPlan } from "./staff.js";
import { pick, repaint } from "./tiles.js";
import { Problem, attempt, isOvertaken, stand } from "./trouble.js";

const TABS = ["grids", "problems", "outcome", "talk"];
const PUBLISHERS = ["publisher", "administrator"];
const BUSY_AFTER_MS = 250;
/** What hangs on the plan that is open. */
const OPENED = ["plan-head", "grid-card", "grid-list", "view-problems", "view-outcome", "view-talk", "plan-dialog-body", "measure-key", "problem-count"];

class PlansPage {
  constructor(map, tiles) {
    Object.assign(this, { map, tiles, selected: null, plans: [], community: null, opening: new Newest() });
    this.draft = new Draft({ onChange: () => this.drawPlan(), onBusy: (isBusy) => this.busy(isBusy) });
    this.layer = new GridLayer(map, this.draft);
    this.panel = new Panel((name) => this.tabOpened(name), () => this.resized(), TABS);
    this.dialog = new PlanDialog((words) => this.note(words));
    this.editor = new Editor(this);
    this.head = new Head(this);
    this.gridPanel = new GridPanel(this);
    this.problemPanel = new ProblemPanel(this);
    this.outcome = new OutcomePanel(this);
    this.talk = new TalkPanel(this);
    this.tools = new Tools(this);
    this.search = new Search((item) => this.trying(() => this.found(item)));
    this.staff = new Staff((me, why) => this.trying(() => this.readerChanged(me), why));
    this.prepare();
  }

  prepare() {
    const { map } = this;
    L.PM.setOptIn(true);
    map.getContainer().setAttribute("role", "application"); // arrow keys and letters are the tools'
    map.getContainer().setAttribute("aria-label", say("redraw_map_words"));
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    map.doubleClickZoom.disable();
    map.on("moveend", () => this.keep());
    map.on("click", (event) => this.pressed(event.latlng));
    this.tiles.source.onTrouble = (isBad) => { byId("trouble").hidden = !isBad; };
    byId("unlock").addEventListener("click", () => byId("staff-dialog").showModal());
    byId("language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
    window.addEventListener("hashchange", () => {
      const link = permalink.read(location.hash); // now: putting the note away moves the map, and that writes the address
      this.trying(() => this.followed(link));
    });
  }

  async start() {
    const asked = permalink.read(location.hash);
    const { bounds } = settings;
    if (asked.view) this.map.setView([asked.view.lat, asked.view.lng], asked.view.zoom);
    else if (bounds) fitCity(this.map, this.panel, L.latLngBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]]));
    this.wanted = { community: asked.params.get("community"), plan: Number(asked.params.get("plan")) || null, hasView: asked.view !== null };
    this.resized();
    calm(true);
    const me = await this.staff.who();
    this.tiles.addTo(this.map);
    await Promise.all([this.trying(() => this.readerChanged(me), null), this.trying(tellCity, null)]);
  }

  /** Another address was put in, or the way back was taken. */
  async followed({ view, params }) {
    const [community, plan] = [params.get("community"), Number(params.get("plan")) || null];
    const isOpen = community === (this.community?.code ?? null) && (plan === null || plan === this.draft.plan?.id);
    if (this.isPlanner && !isOpen) {
      if (community) await this.openCommunity(community, plan, !view);
      else await this.leave();
    }
    if (view) this.map.setView([view.lat, view.lng], view.zoom, { animate: false });
  }

  async readerChanged(me) {
    this.isPlanner = mayPlan(me.role);
    this.mayPublish = PUBLISHERS.includes(me.role);
    byId("locked").hidden = this.isPlanner;
    if (!this.isPlanner && me.role !== "public") this.note(say("redraw_role_low"));
    this.opening.stop();
    this.search.forget();
    this.shut();
    if (!this.isPlanner) return;
    const { community, plan, hasView } = this.wanted ?? {};
    if (!community) await this.leave();
    else await this.openCommunity(community, plan, !hasView).catch((error) => this.instead(error));
  }

  /** What a link asks for cannot be opened: there is something to choose instead, and why is said. */
  async instead(error) {
    if (!isOvertaken(error)) await this.leave();
    throw error;
  }

  /** Nothing is open. */
  shut() {
    this.dialog.close();
    this.draft.close();
    Object.assign(this, { community: null, selected: null, plans: [] });
    this.editor.forgetEffect();
    this.busy(false);
    this.layer.show([]);
    this.layer.choose([]);
    this.layer.select(null);
    this.outcome.forget();
    this.tools.enable(false);
    for (const name of OPENED) fill(byId(name));
    byId("opened").hidden = true;
    byId("chooser").hidden = true;
    fill(byId("chooser"));
    this.keep();
  }

  /** Borders and names of all communities would mix with those of the grids. */
  showBorders(isShown) {
    if (SHOWN.has("border") === isShown) return;
    if (isShown) SHOWN.add("border");
    else SHOWN.delete("border");
    repaint(this.tiles);
  }

  async leave() {
    this.wanted = null;
    this.shut();
    this.showBorders(true);
    byId("chooser").hidden = false;
    await this.opening.run((signal) => drawChooser(this, signal));
  }

  /** Something was found by its name: the community that it is, or lies in. */
  async found(item) {
    if (!this.isPlanner) {
      this.note(say("redraw_locked"));
      return;
    }
    const isCommunity = item.kind === "area" && item.detail === "community";
    await this.openFound(() => (isCommunity ? item.code : api.communityAt(item.centre)));
  }

  /** Open the community that `find()` tells, if it tells one. */
  openFound(find) {
    return this.opening.run(async (signal) => {
      const code = await find();
      signal.throwIfAborted();
      if (code) await this.bringCommunity(code, null, true, signal);
      else this.note(say("redraw_no_community"));
    });
  }

  /** A community with one of its plans: the one asked for, else the draft last begun, else the one in force. */
  openCommunity(code, planId = null, isMoving = true) {
    return this.opening.run((signal) => this.bringCommunity(code, planId, isMoving, signal));
  }

  /** What is open stays as it is, and can be worked with, until all of the other has come. */
  async bringCommunity(code, planId, isMoving, signal) {
    const [plans, areas] = await Promise.all([api.listPlans({ community: code }), api.communities()]);
    signal.throwIfAborted();
    const community = [...areas.values()].find((area) => area.code === code);
    if (!community) throw new Problem(404, say("redraw_no_community"));
    const plan = plans.find((each) => each.id === planId) ?? plans.find((each) => each.state === "published") ?? plans[0] ?? (await api.createPlan(code, null, null));
    await this.bringPlan(plan, { community, plans: plans.length > 0 ? plans : [plan] }, signal);
    if (isMoving) this.fit(this.layer.bounds());
  }

  /** Another plan of the community; one that cannot be read leaves the one that is open. */
  openPlan(id) {
    const plan = this.plans.find((each) => each.id === id);
    return this.opening.run((signal) => this.bringPlan(plan, {}, signal)).catch((error) => {
      if (this.draft.plan) this.head.draw();
      throw error;
    });
  }

  /** `more` is what else becomes of the page with the plan: its community, the plans beside it. */
  async bringPlan(plan, more, signal) {
    const read = await this.draft.read(plan);
    signal.throwIfAborted();
    this.wanted = null;
    this.editor.forgetEffect();
    this.outcome.forget();
    this.layer.choose([]);
    this.layer.select(null);
    Object.assign(this, { selected: null, ...more });
    this.draft.take(plan, read);
    this.showBorders(false);
    byId("chooser").hidden = true;
    byId("opened").hidden = false;
    this.talk.forget();
    this.panel.open("grids");
    this.keep();
  }

  /** Begin a draft from the plan that is open. */
  begin(note = null) {
    const { plans, community, draft } = this;
    return this.opening.run(async (signal) => {
      const opened = await api.createPlan(community.code, draft.plan.id, note);
      await this.bringPlan(opened, { plans: [opened, ...plans] }, signal);
      if (opened.questions?.length > 0) this.panel.open("problems");
    });
  }

  // Drawing

  drawPlan() {
    const { draft } = this;
    if (this.selected !== null && !draft.grids.has(this.selected)) this.selected = null;
    this.plans = this.plans.map((each) => (each.id === draft.plan.id ? { ...each, state: draft.plan.state, version: draft.plan.version } : each));
    this.layer.selected = this.selected;
    this.layer.show(draft.list);
    this.head.draw();
    this.gridPanel.draw();
    this.problemPanel.draw();
    this.tools.enable(draft.isEditable);
    this.tools.changed();
    if (this.panel.shown === "outcome" || this.panel.shown === "talk") this.tabOpened(this.panel.shown);
  }

  measure(name) {
    this.layer.measure = name;
    this.layer.paint();
    this.gridPanel.drawList();
    this.head.key();
  }

  /** Choose a grid; by its key it is brought into view where nothing of it can be seen, from a list until all of it can. */
  select(id, from = "map") {
    this.selected = this.draft.grids.has(id) ? id : null;
    this.layer.select(this.selected);
    this.layer.unpoint();
    this.gridPanel.draw();
    this.tools.changed();
    const grid = this.draft.grids.get(this.selected);
    if (!grid) return;
    if (from !== "list") byId("view-grids").scrollTop = 0;
    const [seen, its] = [this.map.getBounds(), this.layer.bounds([this.selected])];
    if ((from === "list" && !seen.contains(its)) || (from === "key" && !seen.intersects(its))) this.fit(its);
    this.speak(say("redraw_chosen", { name: this.draft.nameOf(this.selected) }));
  }

  /** A grid of the list was pressed: gathered where grids are gathered, else chosen. */
  listed(id) {
    if (this.tools.name === "merge") this.tools.tool.pressed(id);
    else this.select(id, "list");
  }

  pressed(latlng) {
    if (!this.draft.plan) {
      const grid = this.isPlanner ? pick(this.tiles, latlng).grid : null;
      if (grid) this.trying(() => this.openFound(() => api.communityOfGrid(grid.props.id ?? grid.id)));
      return;
    }
    this.tools.tool.pressed(this.layer.gridAt(latlng));
  }

  /** Show where something is, or is wrong. */
  lookAt(problem, tab = "problems") {
    const [id] = problem.grid_ids;
    if (this.draft.grids.has(id)) this.select(id);
    if (this.panel.shown !== tab) this.panel.open(tab);
    if (problem.shape) this.layer.point(problem.shape);
    const bounds = problem.grid_ids.length > 0 ? this.layer.bounds(problem.grid_ids) : L.latLngBounds([]);
    bounds.extend(latlngOf(problem.lonlat));
    this.fit(bounds);
  }

  // The life of a plan

  propose() {
    this.dialog.propose((until) => this.became(api.propose(this.draft.plan.id, this.draft.plan.version, until)));
  }

  publish() {
    const { plan, problems } = this.draft;
    this.dialog.publish(problems, (from, accepted) => this.became(api.publish(plan.id, plan.version, from, accepted)));
  }

  redraft() {
    return this.became(api.redraft(this.draft.plan.id, this.draft.plan.version));
  }

  withdraw() {
    const { plan } = this.draft;
    this.dialog.sure(say("redraw_withdraw"), say("redraw_withdraw_words"), "redraw_withdraw", () => this.became(api.withdraw(plan.id, plan.version)));
  }

  /** The plan is in another state: so may be its neighbours in the list. */
  became(asked) {
    const { code } = this.community;
    return this.opening.run(async (signal) => {
      const { id } = await asked;
      const plans = await api.listPlans({ community: code });
      await this.bringPlan(plans.find((each) => each.id === id), { plans }, signal);
      this.speak(say(`redraw_state_${this.draft.plan.state}`));
    });
  }

  // The frame

  tabOpened(name) {
    byId("opened").dataset.tab = name;
    if (!this.draft.plan) return;
    this.layer.unpoint();
    if (name !== "outcome") this.outcome.leave();
    if (name === "outcome") this.trying(() => this.outcome.open(), null);
    if (name === "talk") this.trying(() => this.talk.open(), null);
  }

  /** Move the map so that something fills what tools and sheet leave free of it. */
  fit(bounds) {
    const top = 12 + (byId("tools").offsetHeight || 0);
    this.map.fitBounds(bounds, { paddingTopLeft: [24, top], paddingBottomRight: [24, 16 + this.panel.hidden], maxZoom: 17, animate: false });
  }

  /** On a phone the sheet steps down when a tool is taken up: the map is wanted now. */
  makeRoom() {
    if (!this.panel.isSheet || this.panel.panel.dataset.state === "peek") return;
    const all = this.layer.bounds();
    const sawAll = this.map.getBounds().contains(all);
    this.panel.size("peek");
    if (sawAll) this.fit(all);
  }

  /** The sheet comes up with what waits for a word; the grids that it is about stay in sight. */
  makeRoomForWords(gridIds) {
    if (!this.panel.isSheet || this.panel.panel.dataset.state !== "peek") return;
    this.panel.size("half");
    this.fit(this.layer.bounds(gridIds));
  }

  /** The middle of what can be seen of the map, in its pixels. */
  centre() {
    return this.map.latLngToContainerPoint(this.panel.centreOf(this.map));
  }

  crosshair(isShown) {
    byId("crosshair").hidden = !isShown;
  }

  resized() {
    if (this.draft.plan) this.head.key();
    this.map.invalidateSize({ animate: false });
    byId("crosshair").style.top = `${(this.map.getSize().y - this.panel.hidden) / 2}px`;
    const { state } = this.panel.panel.dataset;
    if (this.sheet === "peek" && state === "half" && this.draft.plan && this.map.getBounds().contains(this.layer.bounds())) this.fit(this.layer.bounds()); // what the sheet now hides was in sight
    this.sheet = state;
  }

  busy(isBusy) {
    byId("map-side").setAttribute("aria-busy", String(isBusy));
    clearTimeout(this.later);
    const show = (isShown) => { if (byId("saving")) byId("saving").hidden = !isShown; };
    if (isBusy) this.later = setTimeout(() => show(true), BUSY_AFTER_MS);
    else show(false);
  }

  keep() {
    if (this.wanted) return; // the address still says what is to be opened
    const more = this.community ? [`community=${this.community.code}`] : [];
    if (this.draft.plan) more.push(`plan=${this.draft.plan.id}`);
    permalink.write(this.map, null, more);
  }

  note(text) {
    const wasHidden = byId("note").hidden;
    byId("note").textContent = text;
    byId("note").hidden = text === "";
    if (byId("note").hidden !== wasHidden) this.resized();
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
export function plansMap(map, tiles) {
  const page = new PlansPage(map, tiles);
  stand(() => page.start(), (text) => page.note(text));
  return page;
}
