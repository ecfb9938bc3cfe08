// What figures are asked for: rate, parts, month, item, unit, and as of when. All of it is a link.

import { byId, el, fill } from "./dom.js";
import { desk, say } from "./page.js";

/** Parts that lie on the map, and those that are a table alone. */
export const ON_MAP = ["subdistrict", "community", "grid"];
const PARTS = [...ON_MAP, "item", "unit", "month", "week", "day"];
const OF_VIEWERS = [...ON_MAP, "item"];
const MONTH = /^\d{4}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

/** The rate of a key. */
export const rateOf = (key) => desk.rates.find((rate) => rate.key === key);

/** What an address asks for; parts that make no sense are left out. */
export function asked(params) {
  const fits = (name, pattern) => (pattern.test(params.get(name) ?? "") ? params.get(name) : null);
  return {
    rate: rateOf(params.get("rate"))?.key ?? "on_time",
    by: PARTS.includes(params.get("by")) ? params.get("by") : "community",
    month: fits("month", MONTH),
    item: params.get("item") || null,
    unit: params.get("unit") || null,
    as_of: fits("as_of", MOMENT),
  };
}

export class Choice {
  /** `onChange(isOther)` is called when something else is chosen; `isOther`: the service has to be asked. */
  constructor(onChange) {
    Object.assign(this, { onChange, units: [], unitsOf: null, isExact: false, wish: asked(new URLSearchParams()) });
    byId("choice").addEventListener("submit", (event) => event.preventDefault());
  }

  /** Another reader, who may ask for as much as `isExact` says, chooses from other units. */
  forget(isExact) {
    Object.assign(this, { isExact, units: [], unitsOf: null });
    fill(byId("choice"));
  }

  /** The units of a period, out of the rows of its figures. */
  learn(rows, period) {
    Object.assign(this, { units: rows.filter((row) => row.key !== null).map((row) => row.key), unitsOf: period });
  }

  /** What the service is asked. */
  question() {
    const { by, month, item, unit, as_of } = this.wish;
    return { by, month, ...(this.isExact ? { item, unit, as_of } : {}) };
  }

  /** As parts of an address. */
  parts() {
    return Object.entries(this.wish).filter(([, value]) => value !== null).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  }

  /** `month`: the one that is told, if none was asked for. */
  draw(month) {
    const had = document.activeElement?.closest?.("#choice") ? document.activeElement.id : null;
    const { wish } = this;
    const field = (name, input) => el("label", { class: `fig-field fig-${name}` }, el("span", {}, say(`fig_${name}`)), input);
    const select = (name, options, isOther = true) => {
      const input = el("select", { id: `fig-${name}` }, options.map(([value, text]) => el("option", { value, selected: value === (wish[name] ?? "") }, text)));
      input.addEventListener("change", () => this.change({ [name]: input.value || null }, isOther));
      return field(name, input);
    };
    const dated = (name, type, value) => {
      const input = el("input", { type, id: `fig-${name}`, value: value ?? "" });
      input.addEventListener("change", () => this.change({ [name]: input.value || null }, true));
      return field(name, input);
    };
    const any = (key, options) => [["", say(key)], ...options];
    const units = [...new Set([...this.units, ...(wish.unit ? [wish.unit] : [])])].map((unit) => [unit, unit]);
    fill(byId("choice"),
      select("rate", desk.rates.map((rate) => [rate.key, rate.name]), false),
      select("by", (this.isExact ? PARTS : OF_VIEWERS).map((by) => [by, say(`fig_by_${by}`)])),
      dated("month", "month", wish.month ?? month),
      this.isExact ? select("item", any("fig_all_items", desk.items.map((item) => [item.code, item.name]))) : null,
      this.isExact ? select("unit", any("fig_all_units", units)) : null,
      this.isExact ? dated("as_of", "datetime-local", wish.as_of) : null);
    if (had && byId(had)) byId(had).focus();
  }

  change(wish, isOther) {
    Object.assign(this.wish, wish);
    this.onChange(isOther);
  }
}
