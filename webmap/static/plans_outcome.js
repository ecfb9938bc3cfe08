// What the plan as a whole would bring, beside the one it started from: who moves where, how work is spread, who must know.

import { byId, dialable, el, fill } from "./dom.js";
import { count, dayOf, decimal, language, percent, say } from "./page.js";
import { Newest } from "./newest.js";
import * as api from "./plans_api.js";
import { balanceOf, balanceSection } from "./plans_chart.js";
import { countedNote } from "./plans_counted.js";
import { planName } from "./plans_head.js";

const COUNTS = ["residents", "households", "elderly", "children", "shops", "buildings"];
const MOST_FLOWS = 30;
const FILES = [
  ["changes_pdf", "consequences.pdf"], ["changes_xlsx", "consequences.xlsx"], ["changes_json", "consequences.json"],
  ["plan_gpkg", "export.gpkg"], ["plan_zip", "export.zip"], ["plan_geojson", "export.geojson"], ["plan_topojson", "export.topojson"], ["plan_xlsx", "export.xlsx"],
];
const LONGEST_NUMBER = 24; // longer ones were made by a program, and nobody reads them

const details = (key, n, rows) => (n === 0 ? null : el("details", {}, el("summary", {}, say(key, { n: count(n) })), el("ul", { class: "rows" }, rows())));
const row = (words, figure) => el("li", { class: "figure-row" }, el("span", {}, words), el("span", { class: "row-figure" }, figure));

/** What a case is about, by the code of its item and its number. */
const caseName = ({ name, item, number }) => [[item, name].filter(Boolean).join(" "), number.length > LONGEST_NUMBER ? null : number].filter(Boolean).join(" · ");

/** Counts are whole but for means over months. */
const amount = (n) => (Number.isInteger(n) ? count(n) : decimal(n));

export class OutcomePanel {
  constructor(page) {
    this.page = page;
    this.questions = new Newest();
    this.borders = new Newest();
  }

  async open() {
    const { plan, balance } = this.page.draft;
    if (!balance) {
      fill(byId("view-outcome"), el("p", { class: "lead" }, say("redraw_not_on_units")));
      return;
    }
    const other = this.page.plans.find((each) => each.id === this.other) ?? null;
    await this.questions.run(async (signal) => {
      const told = other ? { comparison: await api.comparePlans(other.id, plan.id) } : await api.getConsequences(plan.id);
      signal.throwIfAborted();
      this.tell(plan, balance, other, told);
    });
  }

  tell(plan, balance, other, told) {
    const { comparison } = told;
    fill(byId("view-outcome"), this.against(plan, other), this.moved(comparison), other ? null : this.counted(told), this.work(comparison, balance), this.flows(comparison), this.grids(comparison), other ? null : this.lists(told), this.files(plan));
  }

  /** Which plan is held against the open one: the one that it was drawn from, or any other. */
  against(plan, other) {
    const others = this.page.plans.filter((each) => each.id !== plan.id);
    const choice = el("select", { id: "compare-with" }, el("option", { value: "" }, say("redraw_compare_base")), others.map((each) => el("option", { value: each.id, selected: each.id === other?.id }, planName(each))));
    choice.addEventListener("change", () => {
      this.other = Number(choice.value) || null;
      this.page.trying(() => this.open());
    });
    const box = el("input", { type: "checkbox", id: "compare-map", checked: this.isOnMap });
    box.addEventListener("change", () => {
      this.isOnMap = box.checked;
      this.page.trying(() => this.drawOther(plan, other));
    });
    this.page.trying(() => this.drawOther(plan, other));
    return el("section", { class: "against" }, el("label", { for: "compare-with" }, say("redraw_compare_with")), choice,
      el("label", { class: "check", for: "compare-map" }, box, el("span", {}, say("redraw_compare_map"))), this.besides(plan, other));
  }

  /** The way to both plans side by side; none where there is no other. */
  besides(plan, other) {
    const before = other?.id ?? plan.base_plan_id;
    if (before === null) return null;
    return el("p", {}, el("a", { id: "to-twin", href: `/maps/compare?lang=${language}#community=${plan.community_code}&a=${before}&b=${plan.id}` }, say("redraw_side_by_side")));
  }

  /** The other plan's borders over those of the open one. */
  async drawOther(plan, other) {
    const wanted = other ?? this.page.plans.find((each) => each.id === plan.base_plan_id);
    const isWished = this.isOnMap && wanted;
    await this.borders.run(async (signal) => {
      const grids = isWished ? (await api.getPlan(wanted)).features : [];
      signal.throwIfAborted();
      this.page.layer.compare(grids);
    });
  }

  /** Something else than the outcome is looked at. */
  leave() {
    this.questions.stop();
    this.borders.stop();
    this.page.layer.compare([]);
  }

  /** Another plan is open. */
  forget() {
    Object.assign(this, { other: null, isOnMap: false });
    this.leave();
  }

  name(grid) {
    return grid ? this.page.draft.short(grid.name) : say("redraw_no_grid");
  }

  moved({ moved, moved_share: share, whole, residents_other_member: other }) {
    const line = (name) => el("tr", {}, el("th", { scope: "row" }, say(`redraw_${name}`)), el("td", {}, count(moved[name])), el("td", {}, count(whole[name])));
    return el("section", {}, el("h3", {}, say("redraw_who_moves")),
      el("p", { class: "verdict" }, say("redraw_moved_share", { residents: count(moved.residents), share: percent(share ?? 0) })),
      el("p", { class: "note" }, say("redraw_other_member", { n: count(other) })),
      el("table", { class: "figures-table" }, el("thead", {}, el("tr", {}, ["redraw_counted", "redraw_change_grid", "redraw_of_all"].map((key) => el("th", { scope: "col" }, say(key))))), el("tbody", {}, COUNTS.map(line))));
  }

  /** Work that was counted: what of it changes grid, by kind, and what grids have before and after. */
  counted({ comparison, of_units_whole: whole, of_units_moved: moved, work }) {
    const kinds = Object.keys(whole);
    if (kinds.length === 0) return null;
    const line = (kind) => el("tr", {}, el("th", { scope: "row" }, say(`redraw_work_${kind}`), el("span", { class: "note block" }, say("redraw_as_of", { day: dayOf(comparison.made.work_dates[kind]) }))),
      el("td", {}, amount(moved[kind] ?? 0)), el("td", {}, amount(whole[kind])));
    const changes = ({ before, after }) => kinds.filter((kind) => before[kind] !== after[kind]);
    const side = (numbers, kind) => (kind in numbers ? amount(numbers[kind]) : "–");
    const told = (each) => changes(each).map((kind) => `${say(`redraw_work_${kind}`)} ${side(each.before, kind)} → ${side(each.after, kind)}`).join(say("redraw_list_comma"));
    const changed = work.filter((each) => changes(each).length > 0);
    return el("section", { class: "outcome-lists", id: "counted-work" }, el("h3", {}, say("redraw_counted_work")),
      el("table", { class: "figures-table" }, el("thead", {}, el("tr", {}, ["redraw_counted", "redraw_change_grid", "redraw_of_all"].map((key) => el("th", { scope: "col" }, say(key))))), el("tbody", {}, kinds.map(line))),
      details("redraw_work_grids_n", changed.length, () => changed.map((each) => row(this.name(each.grid), told(each)))));
  }

  work(comparison, balance) {
    const hours = comparison.grids.map((grid) => grid.before?.load?.hours).filter((value) => value !== undefined);
    const section = balanceSection(hours.length > 0 ? balanceOf(hours, balance.bin_from) : null, balance);
    section.append(countedNote(comparison.made));
    return section;
  }

  /** The streams between grids, the largest first; their width tells how many people. */
  flows({ flows }) {
    const moving = flows.filter(({ before, after }) => before?.id !== after?.id && before && after).sort((a, b) => b.counts.residents - a.counts.residents);
    if (moving.length === 0) return null;
    const most = Math.max(1, moving[0].counts.residents);
    const stream = ({ before, after, counts }) => {
      const bar = el("span", { class: "rail", "aria-hidden": "true" }, el("span", { class: "level stream" }));
      bar.firstChild.style.width = `${Math.max(2, Math.round((100 * counts.residents) / most))}%`;
      return el("li", { class: "figure-row stream-row" }, el("span", { class: "row-main" }, el("span", {}, `${this.name(before)} → ${this.name(after)}`), bar),
        el("span", { class: "row-figure" }, say("redraw_people_households", { residents: count(counts.residents), households: count(counts.households) })));
    };
    return el("section", {}, el("h3", {}, say("redraw_flows")), el("ul", { class: "rows" }, moving.slice(0, MOST_FLOWS).map(stream)));
  }

  grids({ grids }) {
    const changed = grids.filter(({ state }) => state !== "kept");
    if (changed.length === 0) return null;
    const value = (side, show) => (side ? show(side) : "–");
    const line = ({ state, before, after }) => el("tr", {}, el("th", { scope: "row" }, this.page.draft.short((after ?? before).name), el("span", { class: "tag" }, say(`redraw_change_${state}`))),
      el("td", {}, `${value(before, (side) => count(side.counts.households))} → ${value(after, (side) => count(side.counts.households))}`),
      el("td", {}, `${value(before, (side) => (side.load ? decimal(side.load.hours, 0) : "–"))} → ${value(after, (side) => (side.load ? decimal(side.load.hours, 0) : "–"))}`));
    return el("section", {}, el("h3", {}, say("redraw_changed_grids", { n: changed.length })),
      el("table", { class: "pairs" }, el("thead", {}, el("tr", {}, ["redraw_grid", "redraw_households", "redraw_hours_month"].map((key) => el("th", { scope: "col" }, say(key))))), el("tbody", {}, changed.map(line))));
  }

  lists({ buildings, stations, incidents, posts }) {
    const change = ({ before, after }) => `${this.name(before)} → ${this.name(after)}`;
    const post = (each) => el("li", { class: "figure-row" }, el("span", {}, `${this.name(each.grid)} · ${say(`redraw_post_${each.post}`)}`),
      each.duty_phone && dialable(each.duty_phone) ? el("a", { class: "phone", href: dialable(each.duty_phone) }, each.duty_phone) : el("span", { class: "note" }, each.is_filled ? say("redraw_filled") : say("redraw_vacant")));
    return el("section", { class: "outcome-lists" },
      details("redraw_buildings_n", buildings.length, () => buildings.map((each) => el("li", {}, el("button", { type: "button", class: "row", onclick: () => this.page.lookAt({ lonlat: each.lonlat, grid_ids: [], shape: { type: "Point", coordinates: each.lonlat } }, "outcome") },
        el("span", { class: "row-main" }, el("span", { class: "row-name" }, each.name || say("redraw_unnamed")), el("span", { class: "note" }, change(each))), el("span", { class: "row-figure" }, say("redraw_households_n", { n: count(each.households) })))))),
      details("redraw_stations_n", stations.length, () => stations.map((each) => row(each.name, change(each)))),
      details("redraw_incidents_n", incidents.length, () => incidents.map((each) => row(caseName(each), change(each)))),
      details("redraw_posts_n", posts.length, () => posts.map(post)));
  }

  files(plan) {
    const button = ([key, path]) => el("button", { type: "button", class: "plain", onclick: () => this.page.trying(() => this.save(plan, path)) }, say(`redraw_file_${key}`));
    return el("section", {}, el("h3", {}, say("redraw_files")), el("p", { class: "button-row" }, FILES.map(button)));
  }

  async save(plan, path) {
    const address = URL.createObjectURL(await api.getFile(plan.id, path));
    el("a", { href: address, download: `plan-${plan.id}-${path}` }).click();
    URL.revokeObjectURL(address);
  }
}
