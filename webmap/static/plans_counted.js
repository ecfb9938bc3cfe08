// In how much of the ground work was counted: said wherever hours of work are.

import { el } from "./dom.js";
import { count, dayOf, say } from "./page.js";

/** What a plan or a comparison tells of it, as a note. */
export function countedNote({ work_counted: shares, work_dates: days }) {
  const line = ([kind, { units, of_units: ofUnits, households, of_households: ofHouseholds }]) => el("li", {}, say("redraw_share_counted", {
    name: say(`redraw_work_${kind}`), day: dayOf(days[kind]), units: count(units), of_units: count(ofUnits), households: count(households), of_households: count(ofHouseholds),
  }));
  const lines = Object.entries(shares).map(line);
  const told = lines.length === 0 ? say("redraw_share_none") : [say("redraw_share_rest"), el("ul", { class: "rows" }, lines)];
  return el("div", { class: "note counted-share" }, told);
}
