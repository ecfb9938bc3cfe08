// The moves that a case can make, and the fields that each of them asks for.

import { el, fill } from "./dom.js";
import { helperChoices } from "./dispatch_helpers.js";
import { desk, say, whenOf } from "./page.js";
import { wordsOf } from "./trouble.js";

/** To say where a case is is no move, but asks for a reason where another desk has it in hand. */
const LOCATE = { key: "locate", name: desk.steps.locate, is_reason_needed: false, needs: [] };

const moves = new Map([...desk.moves, LOCATE].map((move) => [move.key, move]));
const levels = desk.levels.map(([key]) => key);

/** Moves with which somebody is sent. */
const SENDING = ["dispatch", "hand_over", "reopen"];

/** The name of a move, or of a step that nobody makes as a move. */
export const moveName = (key) => moves.get(key)?.name ?? desk.steps[key] ?? key;

/** By whom a step was made: a desk, the service's clock (no token is called so), or whoever works at the server. */
export function actorName({ token_name: name }) {
  if (name === "clock") return say("dispatch_actor_clock");
  return name ?? say("dispatch_actor_server");
}

/** Whether another desk has a case in hand: whatever is done with it then takes it over. */
export const isElsewhere = (it) => it.holder !== null && !it.is_mine;

/** Whether a move can be made at once, without a word. */
export const isPlain = (it, key) => !isElsewhere(it) && !SENDING.includes(key) && !moves.get(key).is_reason_needed && moves.get(key).needs.length === 0;

/** What the form of a move is called: to claim what another desk has in hand is to take it over. */
const formTitle = (it, key) => (key === "claim" && isElsewhere(it) ? say("dispatch_take_over") : moveTitle(key));

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const moveTitle = (key) => capital(moveName(key));

const line = (id, key, attributes) => [el("label", { for: id }, say(key)), el("input", { id, type: "text", autocomplete: "off", ...attributes })];

/** Since when whoever has a case in hand has it. */
const heldSince = (it) => it.steps.findLast((step) => step.move === "claim" || step.move === "take_over")?.at ?? it.updated_at;

/** The form of a move. `given` fills in what is known already; `onSend(said)` may refuse by throwing. */
export class MoveForm {
  constructor(it, key, { helpers, given = {}, onSend, onClose, onReread }) {
    Object.assign(this, { it, key, move: moves.get(key), helpers, onSend, onClose, onReread, sent: null });
    this.error = el("div", { class: "refusal", role: "alert" });
    this.elsewhere = el("div", { class: "elsewhere" });
    const title = formTitle(it, key);
    this.form = el("form", { id: "move-form", class: "move-form", "aria-label": title }, el("h3", {}, title), this.elsewhere, this.fields(given), this.error,
      el("p", { class: "button-row" }, el("button", { type: "submit", class: "primary" }, title), el("button", { type: "button", class: "plain", onclick: onClose }, say("dispatch_cancel"))));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) this.form.requestSubmit();
    });
    this.see(it);
  }

  /** The case as it is now. Whatever is sent with it while another desk has it in hand takes it over, for a reason. */
  see(it) {
    this.it = it;
    const reason = this.form.querySelector("#move-reason");
    reason.required = this.move.is_reason_needed || isElsewhere(it);
    this.form.querySelector("label[for=move-reason]").textContent = say(reason.required ? "dispatch_reason" : "dispatch_reason_free");
    fill(this.elsewhere, isElsewhere(it) ? el("p", { class: "card-news" }, say("dispatch_elsewhere", { desk: it.holder, time: whenOf(heldSince(it)) })) : null);
  }

  focus() {
    (this.form.querySelector("input:checked") ?? this.form.querySelector("input, select"))?.focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  fields(given) {
    const { needs } = this.move;
    const parts = [];
    if (SENDING.includes(this.key)) parts.push((this.helperPlace = el("div", {})));
    if (needs.includes("unit")) parts.push(line("move-unit", "dispatch_unit", { maxlength: desk.longest_unit, required: true, value: this.it.unit ?? "" }));
    if (needs.includes("level")) parts.push(this.level());
    if (needs.includes("until")) parts.push(line("move-until", "dispatch_until", { type: "datetime-local", required: true }));
    if (needs.includes("into")) {
      parts.push(line("move-into", "dispatch_into", { inputmode: "numeric", pattern: "[1-9][0-9]{0,17}", required: true, value: given.into ?? "", list: "move-into-same" }),
        el("datalist", { id: "move-into-same" }, (this.it.suggestions ?? []).map((other) => el("option", { value: other.id }, say(`dispatch_same_${other.why}`)))));
    }
    parts.push(line("move-reason", "dispatch_reason", { maxlength: desk.longest_reason }));
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
    const isHere = this.helperPlace.contains(document.activeElement); // who is nearest may be known only after the form stands
    fill(this.helperPlace, helperChoices(helpers, this.sent, (helper) => this.choose(helper)));
    if (isHere) this.helperPlace.querySelector("input:checked").focus({ preventScroll: true });
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
      into: into === undefined ? undefined : Number(into), take_over: isElsewhere(this.it) || undefined,
      station_id: sent?.family === "station" ? sent.id : undefined, resource_id: sent?.family === "resource" ? sent.id : undefined,
    };
  }

  /** Sent once, however often it is pressed while it is on its way. */
  async send() {
    if (this.isSending) return;
    this.isSending = true;
    fill(this.error);
    try {
      await this.onSend(this.it, this.key, this.said());
    } catch (refusal) {
      fill(this.error, refusalParts(refusal, async () => {
        this.see(await this.onReread());
        fill(this.error, el("p", { class: "note" }, say("dispatch_reread")));
      }));
    } finally {
      this.isSending = false;
    }
  }
}

/** A refusal in place; one for a case that was changed meanwhile offers to look at it again. */
export function refusalParts(refusal, reread) {
  return [el("p", {}, wordsOf(refusal)), refusal.isStale ? el("button", { type: "button", class: "plain", onclick: reread }, say("dispatch_look_again")) : null];
}
