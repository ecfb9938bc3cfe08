// The one dialog of the page: proposing, publishing, a conflict, the keys.

import { byId, el, fill } from "./dom.js";
import { say } from "./page.js";
import { wordsOf } from "./trouble.js";

const DAYS_OF_COMMENT = 15;
const LONGEST_REASON = 500;

/** Rule -> its problems. */
function byRule(problems) {
  const rules = new Map();
  for (const problem of problems) rules.set(problem.rule, [...(rules.get(problem.rule) ?? []), problem]);
  return rules;
}

const pad = (n) => String(n).padStart(2, "0");
const dateText = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

export class PlanDialog {
  /** `onRefused(words)` is told of what was refused after its form had been put away. */
  constructor(onRefused) {
    this.onRefused = onRefused;
    this.dialog = byId("plan-dialog");
  }

  open(title, ...parts) {
    byId("plan-dialog-title").textContent = title;
    fill(byId("plan-dialog-body"), parts, parts.some((part) => part?.tagName === "FORM") ? null : el("p", { class: "dialog-actions" }, this.closer("close")));
    this.show();
  }

  /** The first thing to fill in has the focus, else the title: a list of many lines is read from its top. */
  show() {
    if (!this.dialog.open) this.dialog.showModal();
    (this.dialog.querySelector("form input") ?? byId("plan-dialog-title")).focus();
  }

  close() {
    this.dialog.close();
  }

  closer(key) {
    return el("button", { type: "button", class: "plain", onclick: () => this.close() }, say(key));
  }

  /** A form that stays open, with the refusal in it, until what it asks for has been done. */
  form(title, parts, submitKey, act) {
    const error = el("p", { class: "error", role: "alert" });
    const submit = el("button", { type: "submit", class: "primary" }, say(submitKey));
    const form = el("form", {}, parts.flat(), error, el("p", { class: "dialog-actions" }, submit, this.closer("redraw_cancel")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (submit.disabled) return; // it is on its way: a second press would make it twice
      error.textContent = "";
      submit.disabled = true;
      submit.textContent = say("redraw_saving");
      try {
        await act();
        if (form.isConnected) this.close(); // else another one stands here meanwhile
      } catch (refusal) {
        const words = wordsOf(refusal);
        if (form.isConnected && this.dialog.open) error.textContent = words;
        else if (words) this.onRefused(words);
      } finally {
        submit.disabled = false;
        submit.textContent = say(submitKey);
      }
    });
    this.open(title, form);
  }

  begin(act) {
    const note = el("input", { type: "text", id: "plan-note", maxlength: 200 });
    this.form(say("redraw_begin"), [el("label", { for: "plan-note" }, say("redraw_plan_note")), note], "redraw_begin", () => act(note.value.trim() || null));
  }

  propose(act) {
    const day = new Date();
    day.setDate(day.getDate() + DAYS_OF_COMMENT);
    const until = el("input", { type: "date", id: "comments-until", value: dateText(day), required: true });
    this.form(say("redraw_propose"), [el("p", {}, say("redraw_propose_words")), el("label", { for: "comments-until" }, say("redraw_comments_close")), until],
      "redraw_propose", () => act(`${until.value}T23:59:59`));
  }

  /** Warnings must be accepted, rule by rule, each with a reason. */
  publish(problems, act) {
    const rules = byRule(problems.filter((problem) => problem.severity === "warning"));
    const errors = problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) {
      this.open(say("redraw_publish"), el("p", {}, say("redraw_errors_forbid", { n: errors.length })), el("ul", { class: "breaches" }, errors.map((problem) => el("li", { class: "error" }, problem.told))));
      return;
    }
    const reasons = new Map();
    const accepted = [...rules].map(([rule, found]) => {
      const reason = el("input", { type: "text", id: `reason-${rule}`, maxlength: LONGEST_REASON, required: true, "data-rule": rule });
      reasons.set(rule, reason);
      return el("fieldset", { class: "accept" }, el("legend", {}, say("redraw_warnings", { n: found.length })), el("ul", { class: "breaches" }, found.map((problem) => el("li", { class: "warning" }, problem.told))),
        el("label", { for: `reason-${rule}` }, say("redraw_reason")), reason);
    });
    const from = el("input", { type: "date", id: "effective-from", min: dateText(new Date()) });
    this.form(say("redraw_publish"), [el("p", {}, say(rules.size > 0 ? "redraw_publish_words" : "redraw_publish_clean")), accepted, el("label", { for: "effective-from" }, say("redraw_effective_from")), from],
      "redraw_publish", () => act(from.value ? `${from.value}T00:00:00` : null, Object.fromEntries([...reasons].map(([rule, reason]) => [rule, reason.value.trim()]))));
  }

  /** Somebody else was faster: show what they touched; the same edit can be made again on top of it. */
  conflict(refusal, names, again) {
    const touched = names.length > 0 ? el("ul", { class: "touched" }, names.map((name) => el("li", {}, name))) : null;
    const act = (key, look, done) => el("button", { type: "button", class: look, onclick: () => { this.close(); done(); } }, say(key));
    byId("plan-dialog-title").textContent = say("redraw_conflict");
    fill(byId("plan-dialog-body"), el("p", {}, say("redraw_conflict_words")), touched, el("p", { class: "note" }, refusal.message),
      el("p", { class: "dialog-actions" }, again ? act("redraw_again", "primary", again) : null, act("redraw_keep_theirs", again ? "plain" : "primary", () => {})));
    this.show();
  }

  /** What joins the parts of a grid; the edit is on its way when the dialog has closed. */
  join(act) {
    const reason = el("input", { type: "text", id: "bridge-reason", maxlength: LONGEST_REASON, required: true });
    this.form(say("redraw_join"), [el("p", {}, say("redraw_join_words")), el("label", { for: "bridge-reason" }, say("redraw_join_by")), reason], "redraw_join_do", () => { act(reason.value.trim()); });
  }

  /** Ask before something that cannot be taken back. */
  sure(title, words, key, act) {
    this.form(title, [el("p", {}, words)], key, act);
  }
}

