// What the last edit did, or the one being thought of would do: who moves, which grids change, what is better or worse.

import { byId, el, fill } from "./dom.js";
import { count, decimal, say } from "./page.js";

const MOST = 6;
const MOST_DRAWN = 3;

/** One grid before and after. */
function pairRow({ before, after }, short) {
  const [old, now] = [before?.properties, after?.properties];
  const name = (now ?? old).name;
  const change = (key, show) => `${old ? show(old[key]) : "–"} → ${now ? show(now[key]) : "–"}`;
  const state = old ? (now ? null : say("redraw_gone")) : say("redraw_new");
  return el("tr", {}, el("th", { scope: "row" }, short(name), state ? el("span", { class: "tag" }, state) : null),
    el("td", {}, change("households", count)), el("td", {}, change("hours_per_month", (hours) => decimal(hours, 0))));
}

function problemLine(key, problems) {
  if (problems.length === 0) return null;
  return el("li", { class: key === "redraw_solved" ? "solved" : "arisen" }, el("b", {}, say(key, { n: problems.length })),
    el("span", {}, problems.slice(0, 2).map((problem) => problem.told).join(" ")));
}

/** Whether somebody is in the grid who was not, or not any more: neighbours get a vertex and nothing else. */
export const isTold = ({ before, after }) => !before || !after || before.properties.residents !== after.properties.residents || before.properties.shops !== after.properties.shops;

/** What of a drawing does not lie where it was drawn: the farthest first, and what was left out. */
function drawnLines({ snapped, leftOut }) {
  const told = [leftOut?.told, ...[...snapped].sort((a, b) => b.distance_m - a.distance_m).map((each) => each.told)].filter(Boolean);
  const more = told.length > MOST_DRAWN ? el("li", {}, say("redraw_more_drawn", { n: told.length - MOST_DRAWN })) : null;
  return told.length === 0 ? null : el("ul", { class: "drawn-lines" }, told.slice(0, MOST_DRAWN).map((line) => el("li", {}, line)), more);
}

/** Notes come and go with every step; they stand in the list of problems. */
const grave = (problems) => problems.filter((problem) => problem.severity !== "note");

export class Effect {
  /** `onApply()` and `onDrop()` are called for an edit that waits for its word. */
  constructor({ onApply, onDrop, onUndo, short }) {
    Object.assign(this, { onApply, onDrop, onUndo, short });
  }

  clear() {
    this.isPreview = false;
    this.isRefusal = false;
    byId("effect").hidden = true;
    fill(byId("effect"));
  }

  /** The service says why an edit cannot be. */
  refuse(message) {
    this.isPreview = true;
    this.isRefusal = true;
    byId("effect").dataset.state = "refused";
    fill(byId("effect"), el("h2", {}, say("redraw_refused")), el("p", { class: "moved refusal" }, message));
    byId("effect").hidden = false;
  }

  /** `isWaiting`: the edit is made only when somebody says so. */
  show(effect, { isWaiting = false } = {}) {
    this.isPreview = effect.isDry;
    this.isRefusal = false;
    byId("effect").dataset.state = effect.isDry ? "preview" : "done";
    const { op, isDry, pairs, moved, balance, balanceBefore } = effect;
    const shown = pairs.filter(isTold);
    const button = (key, look, act, id) => el("button", { type: "button", class: look, id, onclick: act }, say(key));
    fill(byId("effect"),
      el("h2", {}, say(`redraw_op_${op.op}`), el("span", { class: isDry ? "tag preview" : "tag done" }, say(isDry ? "redraw_preview" : "redraw_made"))),
      el("p", { class: "moved" }, moved.residents > 0 ? say("redraw_moved", { residents: count(moved.residents), households: count(moved.households), elderly: count(moved.elderly) }) : say("redraw_nobody_moves")),
      drawnLines(effect),
      isWaiting ? el("p", { class: "button-row" }, button("redraw_apply", "primary", this.onApply, "apply"), button("redraw_drop", "plain", this.onDrop, "drop")) : null,
      shown.length === 0 ? null : el("table", { class: "pairs" }, el("thead", {}, el("tr", {}, ["redraw_grid", "redraw_households", "redraw_hours_month"].map((key) => el("th", { scope: "col" }, say(key))))),
        el("tbody", {}, shown.slice(0, MOST).map((pair) => pairRow(pair, this.short)))),
      shown.length > MOST ? el("p", { class: "note" }, say("redraw_more_grids", { n: shown.length - MOST })) : null,
      el("ul", { class: "problem-lines" }, problemLine("redraw_arisen", grave(effect.arisen)), problemLine("redraw_solved", grave(effect.solved)),
        el("li", { class: "even" }, say("redraw_gini_change", { before: decimal(balanceBefore.gini ?? 0, 3), after: decimal(balance.gini ?? 0, 3) }))),
      isDry ? null : el("p", { class: "button-row" }, button("redraw_undo", "plain", this.onUndo, "effect-undo")));
    byId("effect").hidden = false;
  }
}
