// The loads of a community's grids as a histogram: before in outline, after filled; and how even they are, in figures.

import { el } from "./dom.js";
import { count, decimal, say } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, FLOOR, ROOF, SIDE] = [340, 120, 98, 10, 8];
const MOST_TICKS = 9;

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** How even hours are, as the service tells it of a plan. */
export function balanceOf(hours, binFrom) {
  const sorted = [...hours].sort((a, b) => a - b);
  const sum = sorted.reduce((all, value) => all + value, 0);
  const n = sorted.length;
  const ranked = sorted.reduce((all, value, i) => all + (2 * (i + 1) - n - 1) * value, 0);
  const inBin = binFrom.map((from, i) => sorted.filter((value) => value >= from && (i + 1 === binFrom.length || value < binFrom[i + 1])).length);
  return {
    grids: n, mean: sum / n, smallest: sorted[0], largest: sorted[n - 1], largest_to_smallest: sorted[0] > 0 ? sorted[n - 1] / sorted[0] : null,
    gini: sum > 0 ? ranked / (n * sum) : null, over_full_time: null, bin_from: binFrom, grids_in_bin: inBin,
  };
}

/** The bins that any grid is in, with one more on either side. */
function range(balances) {
  const used = balances.flatMap(({ grids_in_bin: bins }) => bins.flatMap((n, i) => (n > 0 ? [i] : [])));
  const last = balances[0].grids_in_bin.length;
  return used.length === 0 ? [0, last] : [Math.max(0, Math.min(...used) - 1), Math.min(last, Math.max(...used) + 2)];
}

function histogram(before, after) {
  const [from, to] = range(before ? [before, after] : [after]);
  const [old, now] = [before?.grids_in_bin ?? [], after.grids_in_bin].map((bins) => bins.slice(from, to));
  const most = Math.max(1, ...old, ...now);
  const step = (WIDTH - 2 * SIDE) / now.length;
  const box = (n, i, inset, name) => svg("rect", { class: name, x: SIDE + i * step + inset, width: Math.max(1, step - 2 * inset), y: FLOOR - ((FLOOR - ROOF) * n) / most, height: ((FLOOR - ROOF) * n) / most });
  const every = Math.ceil(now.length / MOST_TICKS);
  const ticks = now.map((_, i) => i).filter((i) => i % every === 0).map((i) => {
    const tick = svg("text", { class: "tick", x: SIDE + i * step, y: HEIGHT - 6, "text-anchor": "middle" });
    tick.textContent = count(after.bin_from[from + i]);
    return tick;
  });
  const axis = svg("line", { class: "axis", x1: SIDE, x2: WIDTH - SIDE, y1: FLOOR, y2: FLOOR });
  const words = say("redraw_histogram_words", { n: count(after.grids), low: decimal(after.smallest ?? 0, 0), high: decimal(after.largest ?? 0, 0) });
  return svg("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
    ...now.map((n, i) => box(n, i, 2.5, "bar-now")), ...old.map((n, i) => (n > 0 ? box(n, i, 1, "bar-old") : "")), axis, ...ticks);
}

const ROWS = {
  redraw_mean: ({ mean }) => figure(mean, 0), redraw_range: ({ smallest, largest }) => `${figure(smallest, 0)}–${figure(largest, 0)}`,
  redraw_ratio: ({ largest_to_smallest: ratio }) => figure(ratio, 2), redraw_gini: ({ gini }) => figure(gini, 3), redraw_over: ({ over_full_time: n }) => figure(n, 0),
};

const figure = (value, digits) => (value === null ? "–" : decimal(value, digits));

/** How evenly work is spread, before (where that is known) and after. */
export function balanceSection(before, after) {
  const key = (name) => el("li", {}, el("span", { class: `swatch ${name}`, "aria-hidden": "true" }), say(`redraw_${name === "key-old" ? "before" : "after"}`));
  const head = ["redraw_measure", "redraw_before", "redraw_after"].map((name) => el("th", { scope: "col" }, name === "redraw_measure" ? say("redraw_hours_month") : say(name)));
  return el("section", { class: "balance" }, el("h3", {}, say("redraw_balance")), histogram(before, after), el("ul", { class: "key-row" }, key("key-old"), key("key-now")),
    el("table", { class: "figures-table" }, el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, Object.entries(ROWS).map(([name, show]) => el("tr", {}, el("th", { scope: "row" }, say(name)), el("td", {}, before ? show(before) : "–"), el("td", {}, show(after)))))));
}
