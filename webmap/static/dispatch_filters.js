// What narrows the queue: numbers by stage, who has it in hand, overdue ones, item, channel; all of it is a link.

import { byId, el, fill } from "./dom.js";
import { FILTERS, SHOWN_FILTERS } from "./dispatch_cases.js";
import { count, desk, say } from "./page.js";

const NAMES = [...SHOWN_FILTERS, ...FILTERS];
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
};

/** The filters of a link. */
export function readFilters(params) {
  const found = NAMES.map((name) => [name, params.get(name) ?? ""]).filter(([name, text]) => text !== "" && SENSE[name](text));
  return Object.fromEntries(found);
}

/** The filters as parts of a link. */
export const filterParts = (filters) => NAMES.filter((name) => filters[name]).map((name) => `${name}=${encodeURIComponent(filters[name])}`);

const option = (value, text, chosen) => el("option", { value, selected: value === (chosen ?? "") }, text);

export class Filters {
  /** `onChange(filters, isAsked)`: whether others must be asked for, or only others shown. */
  constructor({ onChange, gridName }) {
    Object.assign(this, { onChange, gridName, values: {} });
    byId("find").addEventListener("input", (event) => this.set("q", event.target.value.trim()));
    byId("find-form").addEventListener("submit", (event) => event.preventDefault());
  }

  set(name, value) {
    const values = { ...this.values };
    if (value) values[name] = value;
    else delete values[name];
    this.values = values;
    this.onChange(values, FILTERS.includes(name));
  }

  /** Draw them anew; `cases` are those that were asked for. */
  draw(cases) {
    if (byId("find") !== document.activeElement) byId("find").value = this.values.q ?? "";
    const numbers = Map.groupBy(cases, (it) => it.stage);
    const stages = desk.stages.filter(([key]) => numbers.has(key) || key === this.values.stage);
    this.keepingFocus(byId("stages"), [
      this.stage("", say("dispatch_all_stages"), cases.length),
      ...stages.map(([key, name]) => this.stage(key, name, numbers.get(key)?.length ?? 0)),
    ]);
    this.keepingFocus(byId("filters"), [
      this.choice("holder", "dispatch_anybody", HOLDERS.map((key) => [key, say(`dispatch_holder_${key}`)])),
      this.choice("item", "dispatch_any_item", desk.items.map((item) => [item.code, item.name])),
      this.choice("channel", "dispatch_any_channel", desk.channels.map((key) => [key, say(`dispatch_channel_${key}`)])),
      this.overdue(),
    ]);
    fill(byId("narrowed"), ["grid", "unit"].filter((name) => this.values[name]).map((name) => this.tag(name)));
  }

  /** Put new content into an element, and the focus to what has the same name. */
  keepingFocus(element, parts) {
    const name = element.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    fill(element, parts);
    if (name !== null) element.querySelector(`[data-name="${name}"]`)?.focus();
  }

  stage(key, name, n) {
    const isOn = (this.values.stage ?? "") === key;
    return el("button", { type: "button", class: "stage-chip", "data-name": key, "aria-pressed": String(isOn), onclick: () => this.set("stage", isOn ? "" : key) },
      name, el("span", { class: "part-count" }, count(n)));
  }

  choice(name, anyKey, entries) {
    const select = el("select", { "data-name": name, "aria-label": say(`dispatch_by_${name}`), class: this.values[name] ? "narrowing" : null },
      option("", say(anyKey), this.values[name]), entries.map(([value, text]) => option(value, text, this.values[name])));
    select.addEventListener("change", () => this.set(name, select.value));
    return select;
  }

  overdue() {
    const box = el("input", { type: "checkbox", "data-name": "overdue", checked: this.values.overdue === "yes" });
    box.addEventListener("change", () => this.set("overdue", box.checked ? "yes" : ""));
    return el("label", { class: "check only-overdue" }, box, say("dispatch_only_overdue"));
  }

  tag(name) {
    const text = name === "grid" ? this.gridName(Number(this.values.grid)) ?? `#${this.values.grid}` : this.values.unit;
    return el("button", { type: "button", class: "narrow-tag", "aria-label": say("dispatch_widen", { what: text }), onclick: () => this.set(name, "") }, text, el("span", { "aria-hidden": "true" }, "×"));
  }
}
