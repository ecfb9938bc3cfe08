// What is asked: how many minutes, how one moves, on what ground, when, and which stations. Public page and planner share it.

import { el, fill } from "./dom.js";
import { decimal, hasWords, kindName, percent, say, servesResidents, settings, stationKinds } from "./page.js";

export const LEAST_MINUTES = 5;
export const MOST_MINUTES = 30;
const DAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"];
const HOUR_MS = 3_600_000;
const WAIT_MS = 140;

export const usual = () => ({ minutes: settings.minutes, mode: "planning", surface: "dry", when: "any", kind: "" });

const within = (minutes) => Math.min(MOST_MINUTES, Math.max(LEAST_MINUTES, Math.round(minutes)));

/** A question as parts of an address; what is usual is left out. */
export function parts(question) {
  return Object.entries(usual()).filter(([name, value]) => question[name] !== value)
    .map(([name]) => `${name}=${encodeURIComponent(question[name])}`);
}

/** The question in an address; what makes no sense is as usual. */
export function read(params) {
  const question = usual();
  const minutes = Number(params.get("minutes") ?? NaN);
  if (Number.isFinite(minutes)) question.minutes = within(minutes);
  if (settings.modes.some((mode) => mode.key === params.get("mode"))) question.mode = params.get("mode");
  if (settings.surfaces.some((surface) => surface.key === params.get("surface"))) question.surface = params.get("surface");
  if (/^(any|now|[0-6]-([01]?\d|2[0-3]))$/.test(params.get("when") ?? "")) question.when = params.get("when");
  if (Object.hasOwn(stationKinds, params.get("kind") ?? "")) question.kind = params.get("kind");
  return question;
}

/** The clock on the city's walls as a date whose UTC parts are what it reads. */
function wall(now = new Date()) {
  const told = new Intl.DateTimeFormat("en-GB", {
    timeZone: settings.timezone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  }).formatToParts(now);
  const part = (type) => Number(told.find((entry) => entry.type === type).value);
  return new Date(Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute")));
}

const written = (date) => date.toISOString().slice(0, 19);

export const today = () => `${written(wall()).slice(0, 10)}T00:00:00`;

/** The moment of a question in the city's own time, or none for any time: the coming day of that name. */
export function momentOf(when) {
  if (when === "any") return null;
  const now = wall();
  if (when === "now") return written(now);
  const [day, hour] = when.split("-").map(Number);
  const ahead = (day - ((now.getUTCDay() + 6) % 7) + 7) % 7;
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return written(new Date(midnight + (24 * ahead + hour) * HOUR_MS));
}

export const modeOf = (key) => settings.modes.find((mode) => mode.key === key);

/** How a mode is named beside its speed; speeds that nobody has measured say so. */
function speedWords({ name, kmh, is_verified: isVerified }) {
  return say(isVerified ? "mode_speed" : "mode_speed_assumed", { name, kmh: decimal(kmh) });
}

/** How one moves and on what ground, when that is not the usual one. */
export function modeWords({ mode, surface }) {
  const { name, travel } = modeOf(mode);
  if (surface === "dry" || travel !== "foot") return name;
  return say("mode_on_ground", { mode: name, ground: settings.surfaces.find((each) => each.key === surface).name });
}

export const whenWords = (when) => (/^\d/.test(when)
  ? say("when_hour", { day: say(`day_${DAYS[Number(when[0])]}`), hour: `${when.slice(2).padStart(2, "0")}:00` })
  : say(`when_${when}`));

function option(value, text, chosen) {
  return el("option", { value, selected: value === chosen }, text);
}

/** A row of choices of which one holds. */
function choices(name, legend, entries, chosen, choose) {
  const row = entries.map(([value, text]) => {
    const input = el("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    return el("label", { class: "chip" }, input, el("span", {}, text));
  });
  return el("fieldset", { class: "choices" }, el("legend", {}, legend), el("div", { class: "chip-row" }, row));
}

export class Question {
  /**
   * Draws the controls into an element. `onChange(question)` is called a moment after the last change.
   * `asksWhen` may be false where hours play no part.
   */
  constructor(root, question, onChange, { prefix = "q" } = {}) {
    Object.assign(this, { root, now: { ...question }, onChange, prefix, profile: null });
    this.draw();
  }

  set(question) {
    this.now = { ...question };
    this.draw();
  }

  change(values) {
    Object.assign(this.now, values);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onChange({ ...this.now }), WAIT_MS);
  }

  draw() {
    fill(this.root, this.minutes(), this.mode(), this.surface(), this.kind(), this.when());
  }

  minutes() {
    const id = `${this.prefix}-minutes`;
    const told = el("output", { for: id, class: "big-number" });
    const input = el("input", { type: "range", id, min: LEAST_MINUTES, max: MOST_MINUTES, step: 1, list: `${id}-marks` });
    const show = () => {
      told.textContent = say("minutes_n", { n: input.value });
      input.setAttribute("aria-valuetext", say("minutes_n", { n: input.value }));
    };
    input.value = this.now.minutes;
    input.addEventListener("input", () => {
      show();
      this.change({ minutes: Number(input.value) });
    });
    show();
    const marks = [5, 10, 15, 20, 25, 30];
    return el("div", { class: "control" }, el("label", { for: id }, say("minutes_label")), told, input,
      el("datalist", { id: `${id}-marks` }, marks.map((mark) => el("option", { value: mark }))),
      el("div", { class: "scale", "aria-hidden": "true" }, marks.map((mark) => el("span", {}, String(mark)))));
  }

  mode() {
    const id = `${this.prefix}-mode`;
    const select = el("select", { id }, settings.modes.map((mode) => option(mode.key, speedWords(mode), this.now.mode)));
    select.addEventListener("change", () => {
      this.change({ mode: select.value });
      this.root.querySelector(".winter-note").hidden = modeOf(select.value).travel === "foot";
    });
    return el("div", { class: "control" }, el("label", { for: id }, say("mode_label")), select);
  }

  surface() {
    return el("div", {},
      choices(`${this.prefix}-surface`, say("surface_label"), settings.surfaces.map(({ key, name }) => [key, name]), this.now.surface,
        (surface) => this.change({ surface })),
      el("p", { class: "note winter-note", hidden: modeOf(this.now.mode).travel === "foot" }, say("surface_on_foot")));
  }

  kind() {
    const id = `${this.prefix}-kind`;
    const kinds = Object.keys(stationKinds).filter(servesResidents);
    const select = el("select", { id }, option("", say("kind_any"), this.now.kind), kinds.map((kind) => option(kind, kindName(kind), this.now.kind)));
    select.addEventListener("change", () => this.change({ kind: select.value }));
    return el("div", { class: "control" }, el("label", { for: id }, say("kind_label")), select);
  }

  when() {
    const isHour = /^\d/.test(this.now.when);
    const hourly = el("div", { class: "hourly", hidden: !isHour });
    const way = isHour ? "hour" : this.now.when;
    const words = [["any", say("when_any")], ["now", say("when_now")], ["hour", say("when_choose")]];
    const box = choices(`${this.prefix}-when`, say("when_label"), words, way, (chosen) => {
      hourly.hidden = chosen !== "hour";
      if (chosen === "hour") this.hours(hourly, "0-9");
      this.change({ when: chosen === "hour" ? "0-9" : chosen });
    });
    if (isHour) this.hours(hourly, this.now.when);
    box.append(hourly);
    return box;
  }

  /** Day chips and the hours of that day, under bars of who reaches an open station when. */
  hours(root, when) {
    let [day, hour] = when.split("-").map(Number);
    const id = `${this.prefix}-hour`;
    const told = el("output", { for: id });
    const input = el("input", { type: "range", id, min: 0, max: 23, step: 1 });
    input.value = hour;
    this.bars = el("div", { class: "hour-bars", "aria-hidden": "true" });
    const show = (isOwnWish = false) => {
      told.textContent = whenWords(`${day}-${hour}`);
      input.setAttribute("aria-valuetext", whenWords(`${day}-${hour}`));
      this.shown = { day, hour };
      this.drawBars();
      if (isOwnWish) this.change({ when: `${day}-${hour}` });
    };
    input.addEventListener("input", () => {
      hour = Number(input.value);
      show(true);
    });
    const days = choices(`${this.prefix}-day`, say("day_label"), DAYS.map((name, i) => [String(i), say(`day_${name}`)]), String(day), (chosen) => {
      day = Number(chosen);
      show(true);
    });
    days.classList.add("days");
    fill(root, days, el("div", { class: "control" }, el("label", { for: id }, say("hour_label")), told, this.bars, input));
    show();
  }

  /** What /coverage/profile told of the seven days from today on; none while it is not known. */
  tell(profile) {
    this.profile = profile;
    this.drawBars();
  }

  drawBars() {
    if (!this.bars) return;
    const moments = this.profile?.moments ?? [];
    const ahead = (this.shown.day - ((wall().getUTCDay() + 6) % 7) + 7) % 7;
    const bars = Array.from({ length: 24 }, (_, hour) => {
      const share = moments[24 * ahead + hour]?.share ?? 0;
      const bar = el("span", { class: hour === this.shown.hour ? "chosen" : "", title: say("hour_share", { hour, share: percent(share) }) });
      bar.style.height = `${Math.max(2, Math.round(share * 100))}%`;
      return bar;
    });
    fill(this.bars, bars);
  }
}

/** Words of a service's kind of street barrier, or the key itself. */
export const barrierName = (kind) => (hasWords(`barrier_${kind}`) ? say(`barrier_${kind}`) : kind);
