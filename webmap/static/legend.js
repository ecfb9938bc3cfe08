// Legend and layer switch in one: what is on the map, and what it means.

import { SHOWN, SWITCHES, incidentFill } from "./cartography.js";
import { SHARE_CLASSES } from "./colours.js";
import { byId, el, fill } from "./dom.js";
import { incidentClass } from "./cards.js";
import { hasWords, kindName, say, settings, stationKinds } from "./page.js";
import { look, symbolCanvas } from "./symbols.js";

function shareRange(number) {
  const { from } = SHARE_CLASSES[number];
  const next = SHARE_CLASSES[number + 1];
  if (number === 0) return say("share_below", { to: next.from });
  return next ? say("share_between", { from, to: next.from }) : say("share_at_least", { from });
}

function shareKey() {
  const entries = SHARE_CLASSES.map((_, i) => el("li", {}, el("span", { class: `swatch share-${i}`, "aria-hidden": "true" }), shareRange(i)));
  return el("ul", { class: "key-list" }, entries.reverse(),
    el("li", {}, el("span", { class: "swatch share-none", "aria-hidden": "true" }), say("no_figure_long")));
}

function stationKey() {
  const row = (kind) => el("li", {}, symbolCanvas(look("station", { kind }), 8), kindName(kind));
  return el("ul", { class: "key-list" }, Object.keys(stationKinds).map(row));
}

function resourceKey() {
  return el("ul", { class: "key-list" }, el("li", {}, symbolCanvas(look("resource", {}), 8), say("resource_any")));
}

function cellKey() {
  const sample = (lower) => {
    const canvas = el("canvas", { class: "swatch", width: 28, height: 18, "aria-hidden": "true" });
    const ctx = canvas.getContext("2d");
    ctx.fillStyle = incidentFill(ctx, lower);
    ctx.fillRect(0, 0, 28, 18);
    return el("li", {}, canvas, incidentClass(lower));
  };
  return [el("ul", { class: "key-list" }, settings.incident_classes.map(sample)),
    el("p", { class: "note" }, say("cells_words", { k: settings.k, metres: settings.cell_m, months: settings.recent_months }))];
}

function incidentKey(seesPoints) {
  if (!seesPoints) return cellKey();
  return el("ul", { class: "key-list" }, ["open", "closed"].map((state) =>
    el("li", {}, symbolCanvas(look("incident", { state }), 8), say(`incident_${state}`))));
}

/** The keys under each switch. */
function keys(seesPoints) {
  return {
    share: shareKey(),
    station: stationKey(),
    resource: resourceKey(),
    incident: incidentKey(seesPoints),
  };
}

function section(name, key, onSwitch) {
  const box = el("input", { type: "checkbox", id: `switch-${name}`, checked: SHOWN.has(name) });
  box.addEventListener("change", () => onSwitch(name, box.checked));
  const note = `layer_${name}_note`;
  return el("section", { class: "switch" },
    el("label", { for: `switch-${name}` }, box, el("span", {}, say(`layer_${name}`))),
    hasWords(note) ? el("p", { class: "note" }, say(note)) : null,
    key ?? null);
}

/** Draw the legend; `onSwitch(name, isOn)` is called when a layer is switched. */
export function drawLegend(seesPoints, onSwitch) {
  const all = keys(seesPoints);
  fill(byId("layers"), SWITCHES.map((name) => section(name, all[name], onSwitch)));
  fill(byId("ramp"),
    SHARE_CLASSES.map((entry, i) => el("li", { class: `share-${i}` }, el("span", {}, `${entry.from}${i === 0 ? "" : "%"}`))),
    el("li", { class: "share-none" }, el("span", {}, say("no_figure_short"))));
}
