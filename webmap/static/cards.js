// The cards: the whole city, one grid, one station, one moving resource, one incident, my place.

import { shareClass } from "./colours.js";
import { dialable, el } from "./dom.js";
import {
  count, dayOf, hasWords, incidentName, kindName, language, momentOf, nameOf, percent, resourceName, say, servesResidents, settings, whenOf,
} from "./page.js";
import { look, symbolCanvas } from "./symbols.js";

/** The coloured square of a share, as in the legend. */
export function swatch(share) {
  const number = shareClass(share === null || share === undefined ? null : share * 100 + 1e-9);
  return el("span", { class: `swatch share-${number < 0 ? "none" : number}`, "aria-hidden": "true" });
}

/** A figure as a bar with its words. */
export function bar(label, share, figure, detail, kind) {
  const rail = el("span", { class: "rail", "aria-hidden": "true" }, el("span", { class: `level ${kind}` }));
  rail.firstChild.style.width = `${Math.round((share ?? 0) * 1000) / 10}%`;
  return el("div", { class: "bar-row" },
    el("div", { class: "bar-head" }, el("span", { class: `key ${kind}`, "aria-hidden": "true" }), el("span", { class: "bar-label" }, label),
      el("strong", {}, figure)),
    rail,
    detail ? el("p", { class: "note" }, detail) : null);
}

function comparison(figures) {
  if (!figures || figures.residents === null) return el("p", { class: "note" }, say("too_few_to_show", { k: settings.round_to }));
  const of = (n) => say("residents_of", { n: count(n), all: count(figures.residents) });
  const over = figures.residents_in_air_circle - figures.residents_covered;
  return el("section", { class: "figures", "aria-label": say("share_title") },
    bar(say("share_walk"), figures.share, percent(figures.share), of(figures.residents_covered), "walk"),
    bar(say("share_air"), figures.air_share, percent(figures.air_share), of(figures.residents_in_air_circle), "air"),
    el("p", { class: "verdict" }, over > 0 ? say("circle_overstates", { n: count(over) }) : say("circle_agrees")),
    figures.is_rounded ? el("p", { class: "note" }, say("rounded", { n: settings.round_to })) : null);
}

/** How the figures were made and how old they are. */
function method(run) {
  const metres = Math.round(run.speed_m_s * run.minutes * 60);
  return el("details", { class: "method" },
    el("summary", {}, say("as_of", { when: dayOf(run.data_date ?? run.computed_at) })),
    el("p", {}, say("method", { minutes: count(run.minutes), metres: count(metres), air: count(run.air_circle_m) })),
    el("ul", {},
      run.network_date ? el("li", {}, say("streets_of", { date: dayOf(run.network_date) })) : null,
      run.data_date ? el("li", {}, say("data_of", { date: dayOf(run.data_date) })) : null,
      el("li", {}, say("connector", { metres: count(run.max_connector_m) })),
      el("li", {}, say("computed_at", { when: momentOf(run.computed_at), hash: run.inputs_hash.slice(0, 12) }))));
}

/** The way to the plans that are proposed; none where there are none. */
function proposalsLink(n) {
  return n > 0 ? el("p", { class: "open-proposals" }, el("a", { id: "to-proposals", href: `/maps/proposals?lang=${language}` }, say("open_proposals", { n: count(n) }))) : null;
}

/** `run`: the computation that is told; undefined while nobody knows yet, null where there is none. */
export function overviewCard(name, total, run, isBehind = false, proposals = 0) {
  const parts = [el("h2", {}, name ? say("city_title", { city: name }) : say("overview")), proposalsLink(proposals)];
  if (settings.is_fictional) parts.push(el("p", { class: "fictional" }, say("fictional_long")));
  if (run === undefined) return parts;
  if (run === null) return [...parts, el("p", { class: "note" }, say("nothing_computed"))];
  return [...parts, el("p", { class: "lead" }, say("lead", { minutes: count(run.minutes) })), comparison(total), method(run),
    isBehind ? el("p", { class: "note" }, say("behind_data")) : null,
    el("p", { class: "hint" }, say("hint_tap"))];
}

function chainLine(chain) {
  return el("p", { class: "chain" }, chain.flatMap((area, i) => [i > 0 ? el("span", { class: "sep", "aria-hidden": "true" }, " › ") : null,
    el("span", {}, nameOf(area))]));
}

function phoneLink(phone) {
  const address = dialable(phone);
  return address ? el("a", { href: address, class: "phone" }, phone) : el("span", {}, phone);
}

function postRow(post) {
  return el("li", { class: post.is_filled ? "filled" : "vacant" },
    el("span", { class: "post-name" }, say(`post_${post.post}`)),
    el("span", { class: "post-state" }, say(post.is_filled ? "post_filled" : "post_vacant")),
    post.duty_phone ? phoneLink(post.duty_phone) : el("span", { class: "note" }, say("no_duty_phone")));
}

export function gridCard(grid, run, cell) {
  const { name, code, kind, chain, posts, figures } = grid.properties;
  return [
    el("p", { class: "eyebrow" }, swatch(figures?.share), say(`grid_${kind}`)),
    el("h2", {}, name),
    el("p", { class: "code" }, code),
    chainLine(chain),
    comparison(figures),
    run ? method(run) : null,
    el("h3", {}, say("posts")),
    posts.length > 0 ? el("ul", { class: "posts" }, posts.map(postRow)) : el("p", { class: "note" }, say("posts_unknown")),
    cell === undefined ? null : el("p", { class: "cell-note" }, say("cell_here", { classes: incidentClass(cell) })),
  ];
}

/** The words of a class of incident counts. */
export function incidentClass(lower) {
  const next = settings.incident_classes.find((bound) => bound > lower);
  return next ? say("class_between", { from: lower, to: next - 1 }) : say("class_from", { from: lower });
}

function openState(station, now = new Date()) {
  if (station.is_open === null) return el("p", { class: "open-state unknown" }, say("hours_unknown"));
  const words = station.is_open
    ? (station.until ? say("open_until", { when: whenOf(station.until, now) }) : say("open_now"))
    : (station.opens_at ? say("closed_opens", { when: whenOf(station.opens_at, now) }) : say("closed_now"));
  return el("p", { class: `open-state ${station.is_open ? "open" : "closed"}` }, words);
}

const DAY_NAMES = { Mo: "day_mo", Tu: "day_tu", We: "day_we", Th: "day_th", Fr: "day_fr", Sa: "day_sa", Su: "day_su", PH: "day_ph" };

/** Opening hours with the days' names in the reader's language; the rest of the syntax reads by itself. */
function readableHours(text) {
  return text.replace(/\b(Mo|Tu|We|Th|Fr|Sa|Su|PH)\b/g, (day) => say(DAY_NAMES[day])).replace(/\boff\b/g, say("day_off"))
    .replace(/;\s*/g, say("hours_separator")).replaceAll("-", "\u2060–\u2060");
}

const serviceName = (service) => (hasWords(`service_${service}`) ? say(`service_${service}`) : service);

function fact(key, value) {
  return value === null || value === undefined || value === "" ? null : [el("dt", {}, say(key)), el("dd", {}, value)];
}

/** How many are on duty: told to holders of a token alone. */
function staffFact({ staff }) {
  return fact("staff_on_duty", staff === null ? null : staff === 0 ? say("staff_nobody") : say("staff_value", { n: count(staff) }));
}

function stationFacts(station) {
  return el("dl", { class: "facts" },
    fact("address", station.address),
    fact("phone", station.phone ? phoneLink(station.phone) : null),
    fact("hours", station.opening_hours ? readableHours(station.opening_hours) : null),
    fact("services", station.services.length > 0
      ? el("ul", { class: "chips" }, station.services.map((service) => el("li", {}, serviceName(service)))) : null),
    fact("capacity", station.capacity === null ? null : say("capacity_value", { n: count(station.capacity) })),
    staffFact(station));
}

function circleFigures(circle) {
  const { residents_reached: walk, residents_in_air_circle: air, area_m2: area, run } = circle.properties;
  const air_area = Math.PI * run.air_circle_m ** 2;
  const knows = walk !== null && air !== null && air > 0;
  const figure = (n) => (n === null ? say("no_figure") : count(n));
  const square = (m2) => say("residents_and_km2", { n: (m2 / 1e6).toFixed(2) });
  return el("section", { class: "figures", "aria-label": say("circle_title") },
    el("h3", {}, say("circle_title")),
    circle.geometry === null ? el("p", { class: "note" }, say("circle_none")) : null,
    bar(say("circle_walk", { minutes: count(run.minutes) }), knows ? walk / air : area / air_area, figure(walk), square(area), "walk"),
    bar(say("circle_air", { metres: count(run.air_circle_m) }), 1, figure(air), square(air_area), "air"),
    knows && air > walk ? el("p", { class: "verdict" }, say("circle_overstates", { n: count(air - walk) })) : null,
    el("p", { class: "note" }, say("circle_words")),
    method(run));
}

/** One station. `walk` is its entry in what /locate said of my place; `circle` its reach, when there is one. */
export function stationCard(station, circle, walk) {
  const it = station.properties;
  return [
    el("p", { class: "eyebrow" }, symbolCanvas(look("station", it), 9), kindName(it.kind)),
    el("h2", {}, it.name),
    openState(it),
    walk ? el("p", { class: "from-me" }, say("walk_from_me", { minutes: Math.ceil(walk.minutes), metres: count(Math.round(walk.street_m)) })) : null,
    stationFacts(it),
    circle ? circleFigures(circle) : el("p", { class: "note later" }, say(servesResidents(it.kind) ? "circle_later" : "serves_workers")),
  ];
}

export function resourceCard(resource) {
  const it = resource.properties;
  return [
    el("p", { class: "eyebrow" }, symbolCanvas(look("resource", it), 9), resourceName(it.kind)),
    el("h2", {}, it.name),
    el("dl", { class: "facts" },
      fact("position_at", it.position_at && momentOf(it.position_at)), // none: a post that works from there
      staffFact(it),
      fact("services", it.services.length > 0 ? el("ul", { class: "chips" }, it.services.map((name) => el("li", {}, serviceName(name)))) : null)),
  ];
}

export function incidentCard(incident) {
  const it = incident.properties;
  return [
    el("p", { class: "eyebrow" }, symbolCanvas(look("incident", it), 9), say(`incident_${it.state}`)),
    el("h2", {}, incidentName(it.category)),
    it.text ? el("p", {}, it.text) : null,
    el("dl", { class: "facts" }, fact("occurred_at", momentOf(it.occurred_at))),
  ];
}

/** My place: where it is and what is near on foot. `onStation(id)` and `onGrid(id)` open their cards. */
export function placeCard(place, onStation, onGrid) {
  const row = (station) => el("li", {},
    el("button", { type: "button", class: "row", onclick: () => onStation(station.id) },
      symbolCanvas(look("station", station), 9),
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, station.name), openState(station)),
      el("span", { class: "row-figure" }, say("minutes_n", { n: Math.ceil(station.minutes) }))));
  return [
    el("p", { class: "eyebrow" }, say("my_place")),
    el("h2", {}, place.grid ? place.grid.name : say("outside_grids")),
    place.chain.length > 0 ? chainLine(place.chain) : null,
    place.detail ? el("p", { class: "note" }, place.detail) : null,
    place.grid ? el("button", { type: "button", class: "plain", onclick: () => onGrid(place.grid.id) }, say("show_grid")) : null,
    el("h3", {}, say("nearest_on_foot")),
    place.no_stations ? el("p", { class: "note" }, place.no_stations.detail) : null,
    el("ul", { class: "rows" }, place.stations.map(row)),
  ];
}

