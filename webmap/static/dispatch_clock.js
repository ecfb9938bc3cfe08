// What the clock of a case says: in words, as a share of its time, and as a state that shapes and colours repeat.

import { say } from "./page.js";

const MINUTE_MS = 60_000;
const HOUR = 60;
const DAY = 24 * HOUR;
const SOON_SHARE = 0.75;
const SOON_MINUTES = 10;
const BURNING_MINUTES = 15;

/** So many minutes in the two units that matter. */
export function spanText(minutes) {
  const whole = Math.floor(minutes);
  if (whole < 1) return say("dispatch_under_minute");
  if (whole < HOUR) return say("dispatch_minutes", { n: whole });
  if (whole < DAY) return say("dispatch_hours", { n: Math.floor(whole / HOUR), m: whole % HOUR });
  return say("dispatch_days", { n: Math.floor(whole / DAY), h: Math.floor((whole % DAY) / HOUR) });
}

/** `state` is over, soon, running or none; `share` of the time that has passed; `text` for people. */
export function clockOf(it, now) {
  if (!it.stage_due_at || it.state !== "open") return { state: "none", share: 0, text: say("dispatch_no_deadline") };
  const due = Date.parse(it.stage_due_at);
  const begun = it.stage_since ? Date.parse(it.stage_since) : due;
  const left = (due - now) / MINUTE_MS;
  if (left <= 0) return { state: "over", share: 1, text: say("dispatch_over", { time: spanText(-left) }) };
  const share = due > begun ? Math.min(1, Math.max(0, (now - begun) / (due - begun))) : 0;
  const state = share >= SOON_SHARE || left < SOON_MINUTES ? "soon" : "running";
  return { state, share, text: say("dispatch_left", { time: spanText(left) }) };
}

/** Whether a case runs out within minutes: it stands above all others, for it can still be kept. */
export function isBurning(it, now) {
  const left = it.stage_due_at && it.state === "open" ? (Date.parse(it.stage_due_at) - now) / MINUTE_MS : Infinity;
  return left > 0 && left < BURNING_MINUTES;
}

export const isOver = (it, now) => clockOf(it, now).state === "over";
