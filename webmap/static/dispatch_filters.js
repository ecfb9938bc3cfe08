// What narrows the queue: numbers of what burns and of what has no place, stage, item, channel, hand; all of it is a link.
//
// Of what the service can be asked by, a board leaves out: `category` (an item says more), `state` (a queue is of what is open),
// `since`, `before` and `bbox` (what is due is due, whenever it came and wherever the map is).

import { byId, el, fill } from "./dom.js";
import { FILTERS, VIEWS, isInNoGrid, isUnplaced } from "./dispatch_cases.js";
import { isOver } from "./dispatch_clock.js";
import { count, desk, say } from "./page.js";

const NAMES = [...VIEWS, ...FILTERS];
const HOLDERS = ["me", "nobody", "somebody"];
const LONGEST_WORD = 100;

/** What makes sense for each filter; anything else in a link is left out. */
const SENSE = {
  stage: (text) => desk.open_stages.includes(text),
  q: (text) => text.length <= LONGEST_WORD,
  item: (text) => desk.items.some((item) => item.code === text),
  channel: (text) => desk.channels.includes(text),
  grid: (text) => /^[1-9]\d{0,17}$/.test(text),
  unit: (text) => text.length <= desk.longest_unit,
  holder: (text) => HOLDERS.includes(text),
  overdue: (text) => text === "yes",
  where: (text) => ["unplaced", "no_grid"].includes(text),
};

/** Cases that a press shows, and how many there are: the filter, its value, whether a case is one. */
const COUNTS = [
  ["overdue", "yes", isOver],
  ["where", "unplaced", isUnplaced],
  ["where", "no_grid", isInNoGrid],
];

const KEYS = { overdue: "o", unplaced: "u" };

/** The filters of a link. */
export function readFilters(params) {
  const found = NAMES.map((name) => [name, params.get(name) ?? ""]).filter(([name, text]) => text !== "" && SENSE[name](text));
  return Object.fromEntries(found);
}

/** The filters as parts of a link. */
export const filterParts = (filters) => NAMES.filter((name) => filters[name]).map((name) => `${name}=${encodeURIComponent(filters[name])}`);

const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text; // a list that is open stays open
};

export class Filters {
  /** `onChange(filters)`; `now()` tells what time it is. */
  constructor({ onChange, gridName, now }) {
    Object.assign(this, { onChange, gridName, now, values: {}, chips: [], choices: new Map() });
    byId("find").addEventListener("input", (event) => this.set({ q: event.target.value.trim() }));
    byId("clear").addEventListener("click", () => this.clear());
    byId("find-form").addEventListener("submit", (event) => event.preventDefault());
    fill(byId("counts"), this.chip("all", () => this.set({ overdue: "", where: "" })), COUNTS.map(([name, value]) => this.chip(value === "yes" ? name : value, () => this.toggle(name, value))));
    fill(byId("filters"), [
      this.choice("stage", "dispatch_all_stages", desk.stages.filter(([key]) => desk.open_stages.includes(key))),
      this.choice("holder", "dispatch_anybody", HOLDERS.map((key) => [key, say(`dispatch_holder_${key}`)])),
      this.choice("item", "dispatch_any_item", desk.items.map((item) => [item.code, item.name])),
      this.choice("channel", "dispatch_any_channel", desk.channels.map((key) => [key, say(`dispatch_channel_${key}`)])),
    ]);
  }

  /** Narrow by these; an empty one no longer narrows. */
  set(changes) {
    const values = Object.entries({ ...this.values, ...changes }).filter(([, value]) => value);
    this.values = Object.fromEntries(values);
    this.onChange(this.values);
  }

  /** Narrow by nothing. */
  clear() {
    byId("find").value = "";
    this.values = {};
    this.onChange(this.values);
  }

  toggle(name, value) {
    this.set({ [name]: this.values[name] === value ? "" : value });
  }

  /** Say how they stand; `cases` are those that were asked for. */
  draw(cases) {
    const { values } = this;
    if (byId("find") !== document.activeElement) byId("find").value = values.q ?? "";
    byId("clear").hidden = Object.keys(values).length === 0;
    const now = this.now();
    const numbers = [cases.length, ...COUNTS.map(([, , isOne]) => cases.filter((it) => isOne(it, now)).length)];
    const on = [!values.overdue && !values.where, ...COUNTS.map(([name, value]) => values[name] === value)];
    this.chips.forEach((chip, i) => {
      setText(chip.lastElementChild, count(numbers[i]));
      chip.setAttribute("aria-pressed", String(on[i]));
      chip.classList.toggle("zero", numbers[i] === 0);
    });
    const stages = Map.groupBy(cases, (it) => it.stage);
    for (const [name, select] of this.choices) {
      if (select.value !== (values[name] ?? "")) select.value = values[name] ?? "";
      select.classList.toggle("narrowing", Boolean(values[name]));
      if (name === "stage") for (const option of select.options) if (option.value) setText(option, say("dispatch_stage_count", { stage: option.dataset.stage, n: count(stages.get(option.value)?.length ?? 0) }));
    }
    const tags = ["grid", "unit"].filter((name) => values[name]).map((name) => this.tag(name));
    if (tags.map((tag) => tag.textContent).join() !== [...byId("narrowed").children].map((tag) => tag.textContent).join()) fill(byId("narrowed"), tags);
  }

  chip(name, onclick) {
    const chip = el("button", { type: "button", class: `count-chip ${name}`, "data-count": name, "aria-pressed": "false", "aria-keyshortcuts": KEYS[name], title: say(`dispatch_count_${name}_words`), onclick }, say(`dispatch_count_${name}`), el("span", { class: "part-count" }));
    this.chips.push(chip);
    return chip;
  }

  choice(name, anyKey, entries) {
    const select = el("select", { "data-name": name, "aria-label": say(`dispatch_by_${name}`) },
      el("option", { value: "" }, say(anyKey)), entries.map(([value, text]) => el("option", { value, "data-stage": name === "stage" ? text : null }, text)));
    select.addEventListener("change", () => this.set({ [name]: select.value }));
    this.choices.set(name, select);
    return select;
  }

  tag(name) {
    const text = name === "grid" ? this.gridName(Number(this.values.grid)) ?? `#${this.values.grid}` : this.values.unit;
    return el("button", { type: "button", class: "narrow-tag", "aria-label": say("dispatch_widen", { what: text }), onclick: () => this.set({ [name]: "" }) }, text, el("span", { "aria-hidden": "true" }, "×"));
  }
}
