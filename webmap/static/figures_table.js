// The table that adds up: numerator, denominator and percentage of each part, the whole, and whether the parts make it.

import { byId, csvCell, el, fill } from "./dom.js";
import { rateOf } from "./figures_choice.js";
import { count, dayOf, desk, momentOf, say } from "./page.js";

const CSV_HEAD = ["by", "code", "part", "rate", "name", "numerator", "denominator", "percent", "rounding", "since", "before", "as_of", "queried_at", "inputs_hash", "method", "invented"];

/** One rate of a row. */
export const ratio = (row, key) => row.rates.find((rate) => rate.key === key);

/** Whether a number of a rate is withheld. */
export const isWithheld = ({ denominator }) => denominator === null;

/** What a part is called; parts that are none of the others say why. */
export const partName = (row) => row.why ?? row.name ?? row.key ?? say("fig_whole");

/** A percentage as it is printed, or why there is none. */
export function printed({ denominator, percent }) {
  if (denominator === null) return say("fig_hidden");
  return percent === null ? "–" : `${percent} %`;
}

const numbers = ({ numerator, denominator }) => (denominator === null ? [say("fig_hidden_short"), say("fig_hidden_short")] : [count(numerator), count(denominator)]);

export class FigureTable {
  /** `onMark(key)` is told which part was chosen; `classOf(percent)` says the number of a percentage's class. */
  constructor({ onMark, classOf }) {
    Object.assign(this, { onMark, classOf, marked: null });
  }

  show(told, rate) {
    Object.assign(this, { told, rate });
    if (!told.rows.some((row) => row.key === this.marked)) this.marked = null;
    this.drawHeadline();
    this.drawTable();
    this.drawSum();
    this.drawTimes();
    this.drawAbout();
  }

  drawHeadline() {
    const whole = ratio(this.told.whole, this.rate);
    const { name } = rateOf(this.rate);
    const [met, of] = numbers(whole);
    fill(byId("headline"), el("h1", {}, name), el("p", { class: "fig-big" }, el("b", {}, printed(whole)),
      isWithheld(whole) ? null : el("span", {}, say("fig_fraction", { met, of }))),
    el("p", { class: "note" }, say(`fig_about_${this.rate}`, { minutes: desk.arrival_minutes })));
  }

  drawTable() {
    const { told, rate } = this;
    const cell = (text, more = {}) => el("td", more, text);
    const line = (row) => {
      const its = ratio(row, rate);
      const [met, of] = numbers(its);
      const bar = el("span", { class: `fig-bar share-${this.classOf(its)}`, "aria-hidden": "true" });
      bar.style.setProperty("--share", `${its.percent ?? 0}%`);
      const name = row.key === null ? el("span", { class: "fig-rest" }, partName(row))
        : el("button", { type: "button", class: "fig-part", "data-part": row.key, "aria-pressed": String(row.key === this.marked), onclick: () => this.pressed(row.key) }, partName(row));
      return el("tr", { class: isWithheld(its) ? "withheld" : null }, el("th", { scope: "row" }, name), cell(met), cell(of), el("td", { class: "fig-percent" }, isWithheld(its) ? null : bar, el("span", {}, printed(its))));
    };
    const whole = ratio(told.whole, rate);
    fill(byId("table"), el("table", { class: "figures-table fig-table", "aria-label": rateOf(rate).name },
      el("thead", {}, el("tr", {}, ["part", "numerator", "denominator", "percent"].map((key) => el("th", { scope: "col" }, say(`fig_${key}`))))),
      el("tbody", {}, told.rows.length === 0 ? el("tr", {}, el("td", { colspan: 4 }, say("fig_no_rows"))) : told.rows.map(line)),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, say("fig_whole")), numbers(whole).map((text) => cell(text)), el("td", { class: "fig-percent" }, el("span", {}, printed(whole)))))));
  }

  pressed(key) {
    this.mark(this.marked === key ? null : key);
    this.onMark(this.marked);
  }

  mark(key) {
    this.marked = key;
    for (const part of byId("table").querySelectorAll("[data-part]")) part.setAttribute("aria-pressed", String(part.dataset.part === key));
    this.drawTimes();
  }

  /** Whether the parts that are told make the whole, or how much lies in those that are not. */
  drawSum() {
    const { told, rate } = this;
    const whole = ratio(told.whole, rate);
    const parts = told.rows.map((row) => ratio(row, rate));
    const seen = parts.filter((part) => !isWithheld(part));
    const sum = (side) => seen.reduce((all, part) => all + part[side], 0);
    const hidden = parts.length - seen.length;
    const words = () => {
      if (isWithheld(whole)) return say("fig_sum_whole_hidden", { k: told.smallest });
      const values = { n: count(parts.length), hidden: count(hidden), k: told.smallest, met: count(sum("numerator")), of: count(sum("denominator")), all_met: count(whole.numerator), all_of: count(whole.denominator) };
      if (hidden > 0) return say("fig_sum_hidden", { ...values, rest_met: count(whole.numerator - sum("numerator")), rest_of: count(whole.denominator - sum("denominator")) });
      return say(sum("numerator") === whole.numerator && sum("denominator") === whole.denominator ? "fig_sum_right" : "fig_sum_wrong", values);
    };
    fill(byId("sum"), told.rows.length === 0 ? null : el("p", {}, words()), told.notes.map((note) => el("p", { class: "note" }, note.text)));
  }

  /** Times of stages of the part that is chosen, else of the whole. */
  drawTimes() {
    const row = this.told.rows.find((one) => one.key !== null && one.key === this.marked) ?? this.told.whole;
    const unit = (clock) => (clock === null ? "" : ` (${desk.clocks[clock] ?? clock})`);
    const told = (value) => value ?? "–";
    const line = (time) => el("tr", {}, el("th", { scope: "row" }, `${time.name}${unit(time.clock)}`), el("td", {}, time.n === null ? say("fig_hidden_short") : count(time.n)),
      [time.median, time.p95, time.wall_median_h, time.wall_p95_h].map((value) => el("td", {}, told(value))));
    fill(byId("times"), el("h2", { id: "times-title" }, say("fig_times", { part: partName(row) })),
      row.times.length === 0 ? el("p", { class: "note" }, say("fig_no_times"))
        : el("div", { class: "fig-frame", tabindex: "0", role: "group", "aria-labelledby": "times-title" }, el("table", { class: "figures-table", "aria-labelledby": "times-title" },
          el("thead", {}, el("tr", {}, ["stage", "n", "median", "p95", "wall_median", "wall_p95"].map((key) => el("th", { scope: "col" }, say(`fig_${key}`))))),
          el("tbody", {}, row.times.map(line)))),
      el("p", { class: "note" }, say("fig_times_words")));
  }

  /** What one must know to make the same table again. */
  drawAbout() {
    const { told } = this;
    const last = new Date(new Date(told.before) - 1000).toISOString();
    const pair = (key, value, more = {}) => [el("dt", {}, say(`fig_${key}`)), el("dd", more, value)];
    fill(byId("about"), el("h2", {}, say("fig_about")), el("dl", {},
      pair("period", say("fig_period_words", { since: dayOf(told.since), last: dayOf(last) })),
      pair("as_of_told", `${momentOf(told.as_of)}${told.is_final ? "" : ` · ${say("fig_not_final")}`}`),
      pair("queried_at", momentOf(told.queried_at)),
      pair("rounding", say("fig_rounding_words", { how: desk.roundings[told.rounding] ?? told.rounding, digits: told.digits })),
      told.smallest === null ? [] : pair("smallest", say("fig_smallest_words", { k: told.smallest, days: desk.published_after_days })),
      pair("catalogue", told.catalogue_versions.join(", ") || "–"),
      pair("hash", el("code", {}, told.inputs_hash.slice(0, 16)), { title: told.inputs_hash })),
    el("p", {}, el("button", { type: "button", class: "plain", id: "save-csv", onclick: () => this.save() }, say("fig_save"))));
  }

  /** All rates of all parts as a file: what is hidden says so. */
  save() {
    const address = URL.createObjectURL(new Blob([`\ufeff${this.csv()}`], { type: "text/csv" }));
    el("a", { href: address, download: `figures-${this.told.since.slice(0, 7)}-${this.told.by}-${this.told.inputs_hash.slice(0, 8)}.csv` }).click();
    URL.revokeObjectURL(address);
  }

  csv() {
    const { told } = this;
    const about = [told.rounding, told.since, told.before, told.as_of, told.queried_at, told.inputs_hash, told.method, told.invented ?? ""];
    const lines = [...told.rows, told.whole].flatMap((row) => row.rates.map((its) => {
      const hidden = isWithheld(its) ? say("fig_hidden") : null;
      return [told.by, row.key, partName(row), its.key, its.name, its.numerator ?? hidden, its.denominator ?? hidden, hidden ?? its.percent, ...about];
    }));
    return [CSV_HEAD, ...lines].map((line) => line.map(csvCell).join(",")).join("\r\n");
  }
}
