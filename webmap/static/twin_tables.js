// Who moves where in words and figures: the moves, largest first, the streams as a drawing, and all of it as a table.

import { byId, el, fill } from "./dom.js";
import { count, dayOf, decimal, say } from "./page.js";
import { countedNote } from "./plans_counted.js";
import { NOWHERE, OTHERS } from "./twin_flows.js";
import { moveKey } from "./twin_maps.js";
import { streamOf } from "./twin_stream.js";

const MOST_MOVES = 24;
const TINT = "59"; // of 255: pale enough for figures on it

export function groupName(group) {
  if (group.key === OTHERS) return say("twin_others", { n: count(group.ids.length) });
  return group.key === NOWHERE ? say("redraw_no_grid") : group.name;
}

/** In whole tenths, so that what is shown adds up. */
const tenths = (hours) => Math.round(hours * 10);
const changed = (n) => (n === 0 ? "–" : `${n > 0 ? "+" : "−"}${decimal(Math.abs(n) / 10)}`);

const badge = (group) => el("span", { class: "key-number", "aria-hidden": "true" }, group.number);

export class TwinTables {
  /** `onMark(key)` is called when somebody wants to see a move, or with null no longer; `short` shortens names. */
  constructor({ onMark, short }) {
    Object.assign(this, { onMark, short, marked: null, flows: null });
  }

  show(flows, comparison) {
    Object.assign(this, { flows, marked: null });
    const hasOthers = flows.groups.some((group) => group.key === OTHERS);
    const day = comparison.made.homes_date;
    this.notes = [hasOthers ? say("twin_others_words") : null, day ? say("twin_homes", { day: dayOf(day) }) : null].filter(Boolean).map((words) => el("p", { class: "note" }, words));
    this.drawMoves();
    this.drawStream();
    this.drawMatrix();
    this.drawLoad(comparison);
  }

  /** Hours of work of every grid on both sides; nothing where no side tells them. */
  drawLoad({ grids, made }) {
    const hours = (side) => (side?.load ? tenths(side.load.hours) : null);
    const rows = grids.map((grid) => ({ grid, before: hours(grid.before), after: hours(grid.after) })).filter(({ before, after }) => before !== null || after !== null);
    byId("load").hidden = rows.length === 0;
    const all = (side) => rows.reduce((sum, row) => sum + (row[side] ?? 0), 0);
    const cells = ({ before, after }) => [before, after].map((n) => el("td", {}, n === null ? "–" : decimal(n / 10))).concat(el("td", {}, changed((after ?? 0) - (before ?? 0))));
    const line = ({ grid, ...both }) => el("tr", {}, el("th", { scope: "row" }, badge(this.flows.groupOf(grid)), ` ${this.short((grid.after ?? grid.before).name)}`), cells(both));
    fill(byId("load"), el("h2", { id: "load-title" }, say("twin_load")),
      el("table", { class: "figures-table load-table", "aria-labelledby": "load-title" },
        el("thead", {}, el("tr", {}, ["redraw_grid", "twin_before", "twin_after", "twin_load_change"].map((key) => el("th", { scope: "col" }, say(key))))),
        el("tbody", {}, rows.map(line)), el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, say("twin_sum")), cells({ before: all("before"), after: all("after") })))),
      el("p", { class: "note" }, say("twin_load_today")), countedNote(made));
  }

  drawMoves() {
    const { moves } = this.flows;
    const shown = moves.slice(0, MOST_MOVES);
    const rest = moves.slice(MOST_MOVES);
    const more = rest.length === 0 ? null : el("p", { class: "note" }, say("twin_more_moves", { n: count(rest.length), residents: count(rest.reduce((all, { counts }) => all + counts.residents, 0)) }));
    fill(byId("moves"), el("h2", {}, say("twin_moves")),
      shown.length === 0 ? el("p", { class: "lead" }, say("twin_no_moves")) : [el("p", { class: "note" }, say("twin_moves_words")), el("ul", { class: "rows" }, shown.map((flow) => this.move(flow)))], more);
  }

  move(flow) {
    const [from, to] = [this.flows.groupOf(flow.before), this.flows.groupOf(flow.after)];
    const name = (grid, group) => (grid && group.key === OTHERS ? this.short(grid.name) : groupName(group));
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = to.colour;
    const key = moveKey(flow);
    return el("li", {}, el("button", { type: "button", class: "row", "data-move": key, "aria-pressed": "false", onclick: () => this.pressed(key) }, swatch,
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, badge(from), ` ${name(flow.before, from)} → `, badge(to), ` ${name(flow.after, to)}`)),
      el("span", { class: "row-figure" }, say("redraw_people_households", { residents: count(flow.counts.residents), households: count(flow.counts.households) }))));
  }

  pressed(key) {
    this.marked = this.marked === key ? null : key;
    for (const row of byId("moves").querySelectorAll("[data-move]")) row.setAttribute("aria-pressed", String(row.dataset.move === this.marked));
    this.onMark(this.marked);
  }

  /** Make the band that a move is part of stand out. */
  markBand(key) {
    const ends = key === null ? [] : key.split(">").map((id) => this.flows.groupOf(id ? { id: Number(id) } : null).key);
    for (const { classList, dataset } of byId("stream").querySelectorAll(".stream-move")) {
      classList.toggle("chosen", key !== null && dataset.from === ends[0] && dataset.to === ends[1]);
    }
  }

  drawStream() {
    const heading = el("h2", {}, say("twin_stream"));
    fill(byId("stream"), heading);
    heading.after(streamOf(this.flows, byId("stream").clientWidth, groupName));
    this.markBand(this.marked);
  }

  drawMatrix() {
    const { flows } = this;
    const [before, after] = [flows.side("before"), flows.side("after")];
    const head = ({ group }) => el("th", { scope: "col", title: groupName(group) }, badge(group), el("span", { class: "hidden" }, groupName(group)));
    const cell = (from, to) => {
      const residents = flows.residents(from.group, to.group);
      const isMove = residents > 0 && from.group !== to.group;
      const found = el("td", { class: from.group === to.group ? "stays" : isMove ? "moves" : null }, residents > 0 ? count(residents) : "–");
      if (isMove) found.style.background = `${to.group.colour}${TINT}`;
      return found;
    };
    const row = (from) => el("tr", {}, el("th", { scope: "row", title: groupName(from.group) }, badge(from.group), ` ${groupName(from.group)}`), after.map((to) => cell(from, to)), el("td", { class: "sum" }, count(from.residents)));
    const all = before.reduce((sum, { residents }) => sum + residents, 0);
    fill(byId("matrix"), el("h2", { id: "matrix-title" }, say("twin_matrix")),
      el("div", { class: "matrix-frame", tabindex: "0", role: "group", "aria-labelledby": "matrix-title" }, el("table", { class: "matrix", "aria-labelledby": "matrix-title" },
        el("thead", {}, el("tr", {}, el("td", {}), after.map(head), el("th", { scope: "col" }, say("twin_sum")))),
        el("tbody", {}, before.map(row)),
        el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, say("twin_sum")), after.map((to) => el("td", { class: "sum" }, count(to.residents))), el("td", { class: "sum" }, count(all)))))),
      this.notes);
  }
}
