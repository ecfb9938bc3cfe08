// What is done with several cases at once; the outcome of each is told.

import { byId, el, fill } from "./dom.js";
import { moveName, moveTitle } from "./dispatch_moves.js";
import { sameReader } from "./net.js";
import { desk, say } from "./page.js";
import { Problem, wordsOf } from "./trouble.js";

const MOVES = ["claim", "release", "withdraw"];

export class Bulk {
  constructor(page) {
    Object.assign(this, { page, element: byId("bulk"), ids: [], isBusy: false });
  }

  /** These were marked; none puts the bar away. */
  show(ids) {
    if (String(ids) === String(this.ids) || this.isBusy) return;
    this.ids = ids;
    this.element.hidden = ids.length === 0;
    if (ids.length > 0) this.draw();
  }

  draw() {
    const act = (key) => el("button", { type: "button", class: "plain", "data-bulk": key, onclick: () => (key === "withdraw" ? this.ask(key) : this.run(key, {})) }, moveTitle(key));
    fill(this.element, el("p", { class: "bulk-line" }, el("strong", {}, say("dispatch_marked", { n: this.ids.length })), MOVES.map(act), el("button", { type: "button", class: "link", onclick: () => this.page.unmark() }, say("dispatch_unmark"))));
  }

  /** One reason for all of them. */
  ask(key) {
    const reason = el("input", { id: "bulk-reason", type: "text", required: true, maxlength: desk.longest_reason, autocomplete: "off" });
    const form = el("form", { class: "bulk-form" }, el("label", { for: "bulk-reason" }, say("dispatch_reason_for", { move: moveName(key), n: this.ids.length })), reason,
      el("p", { class: "button-row" }, el("button", { type: "submit", class: "primary" }, moveTitle(key)), el("button", { type: "button", class: "plain", onclick: () => this.draw() }, say("dispatch_cancel"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(key, { reason: reason.value.trim() });
    });
    fill(this.element, form);
    reason.focus();
  }

  /** Another reader: nothing is marked, and nothing more is done. */
  close() {
    Object.assign(this, { ids: [], isBusy: false });
    this.element.hidden = true;
    fill(this.element);
  }

  /** One after the other: each is a step of its own, and may be refused. */
  async run(key, said) {
    if (this.isBusy) return;
    const outcomes = [];
    const reader = sameReader();
    this.isBusy = true;
    fill(this.element, el("p", {}, say("dispatch_at_work")));
    for (const id of this.ids) {
      const it = this.page.cases.known.get(id);
      try {
        if (!it) throw new Problem(404, say("dispatch_gone"));
        await this.page.step(it, key, said);
        outcomes.push([id, "done", say("dispatch_done")]);
      } catch (refusal) {
        if (reader.aborted) return;
        const { holder, since } = refusal.evidence ?? {};
        outcomes.push([id, "refused", refusal.key === "case_held" ? say("dispatch_held", { desk: holder, time: since }) : wordsOf(refusal)]);
      }
    }
    this.isBusy = false;
    this.tell(key, outcomes);
  }

  tell(key, outcomes) {
    const done = outcomes.filter(([, state]) => state === "done").length;
    this.page.unmark();
    this.element.hidden = false;
    fill(this.element, el("div", { role: "status" }, el("p", {}, el("strong", {}, say("dispatch_outcome", { move: moveTitle(key), done, n: outcomes.length }))),
      el("ul", { class: "outcomes" }, outcomes.map(([id, state, text]) => el("li", { class: state }, `#${id} ${text}`)))),
    el("button", { type: "button", class: "plain", onclick: () => { this.element.hidden = true; } }, say("close")));
  }
}
