// How heavy a grid is beside the others of its community: classes, colours, and what is measured.

import { count, decimal, say } from "./page.js";

export const MEASURES = ["hours_per_month", "households"];

/** Parts of the community's mean: lower limit and colour. Blue to orange holds for colour-blind eyes. */
export const WEIGHT_CLASSES = [
  { from: 0, colour: "#4f7fb0" },
  { from: 0.7, colour: "#b3cce1" },
  { from: 0.9, colour: "#f2eee3" },
  { from: 1.1, colour: "#f2bf84" },
  { from: 1.3, colour: "#cc6a25" },
];

export const UNKNOWN = "#e3dfd5";

/** The colour of a value beside the mean. */
export function weightColour(value, mean) {
  if (value === null || mean === null) return UNKNOWN;
  const part = mean > 0 ? value / mean : 1;
  return WEIGHT_CLASSES.findLast((entry) => part >= entry.from).colour;
}

/** The mean of a measure; none where it is not known. */
export function meanOf(grids, measure) {
  const values = grids.map((grid) => grid.properties[measure]);
  return values.length === 0 || values.includes(null) ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A measure in few characters. */
export function weightText(grid, measure) {
  const value = grid.properties[measure];
  if (value === null) return "";
  return measure === "households" ? say("redraw_households_n", { n: count(value) }) : say("redraw_hours", { n: decimal(value, 0) });
}
