// The moves that a case can make, and the fields that each of them asks for.

import { el, fill } from "./dom.js";
import { helperChoices } from "./dispatch_helpers.js";
import { desk, say } from "./page.js";

const moves = new Map(desk.moves.map((move) => [move.key, move]));
const levels = desk.levels.map(([key]) => key);

/** Moves with which somebody is sent. */
const SENDING = ["dispatch", "hand_over", "reopen"];

export const moveName = (key) => moves.get(key)?.name ?? (key in STEP_WORDS ? say(STEP_WORDS[key]) : key);

/** Steps that nobody makes as a move. */
const STEP_WORDS = {
  report: "dispatch_step_report", locate: "dispatch_step_locate", absorb: "dispatch_step_absorb", import: "dispatch_step_import",
  detach: "dispatch_step_detach", settle: "dispatch_step_settle", note: "dispatch_step_note", rehome: "dispatch_step_rehome",
  warn: "dispatch_step_warn", overdue: "dispatch_step_overdue",
};

/** Whether a move can be made at once, without a word. */
export const isPlain = (key) => !SENDING.includes(key) && !moves.get(key).is_reason_needed && moves.get(key).needs.length === 0;

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const moveTitle = (key) => capital(moveName(key));

const line = (id, key, attributes) => [el("label", { for: id }, say(key)), el("input", { id, type: "text", autocomplete: "off", ...attributes })];

/** The form of a move. `given` fills in what is known already; `onSend(said)` may refuse by throwing. */
export class MoveForm {
  constructor(it, key, { helpers, given = {}, onSend, onClose, onReread }) {
    Object.assign(this, { it, key, move: moves.get(key), helpers, onSend, onClose, onReread, sent: null });
    this.error = el("div", { class: "refusal", role: "alert" });
    this.form = el("form", { id: "move-form", class: "move-form", "aria-label": moveTitle(key) }, el("h3", {}, moveTitle(key)), this.fields(given), this.error,
      el("p", { class: "button-row" }, el("button", { type: "submit", class: "primary" }, moveTitle(key)), el("button", { type: "button", class: "plain", onclick: onClose }, say("dispatch_cancel"))));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  focus() {
    (this.form.querySelector("input:checked") ?? this.form.querySelector("input, select"))?.focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  fields(given) {
    const { needs, is_reason_needed: isReasonNeeded } = this.move;
    const parts = [];
    if (SENDING.includes(this.key)) parts.push((this.helperPlace = el("div", {})));
    if (needs.includes("unit")) parts.push(line("move-unit", "dispatch_unit", { maxlength: desk.longest_unit, required: true, value: this.it.unit ?? "" }));
    if (needs.includes("level")) parts.push(this.level());
    if (needs.includes("until")) parts.push(line("move-until", "dispatch_until", { type: "datetime-local", required: true }));
    if (needs.includes("into")) parts.push(line("move-into", "dispatch_into", { inputmode: "numeric", pattern: "[1-9][0-9]{0,17}", required: true, value: given.into ?? "" }));
    parts.push(line("move-reason", isReasonNeeded ? "dispatch_reason" : "dispatch_reason_free", { maxlength: desk.longest_reason, required: isReasonNeeded }));
    if (this.helperPlace) this.offer(this.helpers, given.sent ?? null);
    return parts.flat();
  }

  level() {
    const now = levels.indexOf(this.it.level);
    const above = desk.levels.filter((_, i) => i > now);
    return [el("label", { for: "move-level" }, say("dispatch_level")), el("select", { id: "move-level", required: true }, above.map(([key, name]) => el("option", { value: key }, name)))];
  }

  /** Who can be sent, once that is known; the nearest station is the proposal. */
  offer(helpers, wanted = null) {
    if (!this.helperPlace) return;
    const nearest = helpers?.helpers.find((helper) => helper.family === "station");
    this.sent = wanted ?? this.sent ?? nearest ?? null;
    fill(this.helperPlace, helperChoices(helpers, this.sent, (helper) => this.choose(helper)));
  }

  /** Whoever is sent goes beside the unit that answers; a team is the unit itself. */
  choose(helper) {
    this.sent = helper;
    const unit = this.form.querySelector("#move-unit");
    if (unit && helper?.family === "resource") unit.value = helper.name;
  }

  said() {
    const sent = this.helperPlace ? this.sent : null;
    const value = (id) => this.form.querySelector(id)?.value.trim() || undefined;
    const into = value("#move-into");
    return {
      unit: value("#move-unit"), level: value("#move-level"), until: value("#move-until"), reason: value("#move-reason"),
      into: into === undefined ? undefined : Number(into),
      station_id: sent?.family === "station" ? sent.id : undefined, resource_id: sent?.family === "resource" ? sent.id : undefined,
    };
  }

  async send() {
    fill(this.error);
    try {
      await this.onSend(this.it, this.key, this.said());
    } catch (refusal) {
      fill(this.error, refusalParts(refusal, async () => {
        this.it = await this.onReread();
        fill(this.error, el("p", { class: "note" }, say("dispatch_reread")));
      }));
    }
  }
}

/** A refusal in place; one for a case that was changed meanwhile offers to look at it again. */
export function refusalParts(refusal, reread) {
  return [el("p", {}, refusal.message), refusal.isStale ? el("button", { type: "button", class: "plain", onclick: reread }, say("dispatch_look_again")) : null];
}
