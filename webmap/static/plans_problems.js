// Every breach of the open plan, the gravest first; each can be looked at on the map.

import { byId, el, fill } from "./dom.js";
import { count, percent, say } from "./page.js";

const SEVERITIES = ["error", "warning", "note"];

export class ProblemPanel {
  constructor(page) {
    this.page = page;
  }

  draw() {
    const { problems } = this.page.draft;
    const grave = problems.filter((problem) => problem.severity !== "note").length;
    byId("problem-count").textContent = count(grave);
    byId("problem-count").hidden = grave === 0;
    const group = (severity) => {
      const found = problems.filter((problem) => problem.severity === severity);
      return found.length === 0 ? null : el("section", {}, el("h2", {}, say(`redraw_${severity}s`, { n: found.length })),
        el("ul", { class: "rows problems" }, found.map((problem) => this.row(problem))));
    };
    fill(byId("view-problems"), problems.length === 0 ? el("p", { class: "lead" }, say("redraw_no_problems")) : SEVERITIES.map(group), this.bridges(), this.questions());
  }

  row(problem) {
    const { units } = problem.evidence;
    const joining = units && this.page.draft.isEditable
      ? el("button", { type: "button", class: "plain join", onclick: () => this.page.dialog.join((reason) => this.page.editor.commit({ op: "bridge", units, reason, is_open: true })) }, say("redraw_join"))
      : null;
    return el("li", {}, el("button", { type: "button", class: `row problem ${problem.severity}`, "data-problem": problem.id, onclick: () => this.page.lookAt(problem) },
      el("span", { class: `swatch hatched ${problem.severity}`, "aria-hidden": "true" }), el("span", { class: "row-main" }, el("span", { class: "row-name" }, problem.told))), joining);
  }

  /** Units that share no border and hang together all the same. */
  bridges() {
    const { bridges, grids, isEditable } = this.page.draft;
    if (bridges.length === 0) return null;
    const name = (id) => this.page.draft.nameOf(id);
    const where = ({ grids: [one, other] }) => (one === other ? name(one) : say("redraw_bridge_between", { one: name(one), other: name(other) }));
    const middle = ({ coordinates: [[west, south], [east, north]] }) => [(west + east) / 2, (south + north) / 2];
    const row = (bridge) => el("li", {}, el("button", { type: "button", class: "row", onclick: () => this.page.lookAt({ lonlat: middle(bridge.line), grid_ids: bridge.grids.filter((id) => grids.has(id)), shape: bridge.line }) },
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, bridge.reason), el("span", { class: "note" }, where(bridge)))),
    isEditable ? el("button", { type: "button", class: "plain join", onclick: () => this.page.editor.commit({ op: "bridge", units: bridge.units, is_open: false }) }, say("redraw_unjoin")) : null);
    return el("section", { id: "bridges" }, el("h2", {}, say("redraw_bridges", { n: bridges.length })), el("ul", { class: "rows" }, bridges.map(row)));
  }

  /** Units of which no grid of the plan before holds nearly all: for a person who knows the place. */
  questions() {
    const { questions = [] } = this.page.draft.plan ?? {};
    if (questions.length === 0) return null;
    return el("section", {}, el("h2", {}, say("redraw_questions", { n: questions.length })), el("p", { class: "note" }, say("redraw_questions_words")),
      el("ul", { class: "rows" }, questions.map((question) => el("li", {}, el("button", { type: "button", class: "row", onclick: () => this.page.lookAt({ lonlat: question.lonlat, grid_ids: [question.grid_id], shape: { type: "Point", coordinates: question.lonlat } }) },
        el("span", { class: "row-main" }, say("redraw_question", { unit: question.unit_no, grid: this.page.draft.grids.get(question.grid_id)?.properties.name ?? "" })),
        el("span", { class: "row-figure" }, percent(question.share_inside)))))));
  }
}
