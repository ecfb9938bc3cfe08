// Who can be sent: the nearest that are open, with minutes and reasons, and why nearer ones were set aside.

import { el } from "./dom.js";
import { count, decimal, kindName, momentOf, resourceName, say } from "./page.js";

/** So much of a hash is shown; the rest is in its title. */
const SHOWN_HASH = 8;
/** So many grids without somebody are named. */
const FEW_GRIDS = 6;

const minutesText = (minutes) => (minutes === null ? say("dispatch_no_way") : say("minutes_n", { n: decimal(minutes) }));
const kindOf = (helper) => (helper.family === "station" ? kindName(helper.kind) : resourceName(helper.kind));

function reasons(helper) {
  const way = helper.way_m === null ? say("dispatch_air_m", { n: count(Math.round(helper.air_m)) }) : say("dispatch_way_m", { n: count(Math.round(helper.way_m)) });
  return el("span", { class: `note ${helper.is_stale ? "stale" : ""}` }, [way, ...helper.reasons.map((reason) => reason.text)].join(" · "));
}

/** Posts of the case's grid, a line each, and the kinds of which it has none; nothing where the city assigns no grids. */
export function assignedSection(told, onShow, all) {
  const { assigned = [], unassigned = [] } = told ?? {};
  if (assigned.length + unassigned.length === 0) return null;
  const state = (post) => post.against?.text ?? (post.staff === null ? null : say("dispatch_assigned_on", { n: count(post.staff) }));
  const name = (post) => (post.lonlat === null ? el("span", {}, post.name) : el("button", { type: "button", class: "link", onclick: () => onShow(post) }, post.name));
  const row = (post) => el("li", { class: post.against ? "is-away" : null }, el("b", {}, post.kind_name), name(post), el("span", { class: "note" }, state(post)));
  const none = unassigned.length > 0 ? el("li", {}, el("span", { class: "vacant-tag" }, say("dispatch_assigned_none", { kinds: unassigned.map((kind) => kind.name).join(say("dispatch_list")) }))) : null;
  return el("section", { class: "assigned" }, el("h3", {}, say("dispatch_assigned")), el("ul", { class: "assigned-posts" }, assigned.map(row), none), all);
}

/** How many grids of the city have no post of a kind, and the first of them. */
export function gapsList(told) {
  if (!told) return [el("p", { class: "note" }, say("dispatch_gaps_read"))];
  if (told.problem) return [el("p", { class: "note" }, told.problem)];
  const kinds = told.kinds.filter((kind) => kind.is_expected && kind.posts > 0);
  const names = ({ list }) => list.slice(0, FEW_GRIDS).map((grid) => grid.name).join(say("dispatch_list")) + (list.length > FEW_GRIDS ? " …" : "");
  const row = (kind) => el("li", {}, el("b", {}, kind.name), el("span", {}, say("dispatch_gaps_of", { n: count(kind.without), all: count(kind.grids) })), el("span", { class: "note" }, names(kind)));
  const how = say("dispatch_gaps_how", { time: momentOf(told.at), method: told.method, hash: told.inputs_hash.slice(0, SHOWN_HASH) });
  return [el("ul", { class: "assigned-posts" }, kinds.map(row)), el("p", { class: "note", title: told.inputs_hash }, how)];
}

/** The section of the card. `onSend(helper)` is offered where somebody may be sent. */
export function helperSection(told, { onSend, onShow }) {
  if (!told) return el("p", { class: "note" }, say("dispatch_ranking"));
  if (told.problem) return el("p", { class: "note" }, told.problem);
  return [
    told.detail ? el("p", { class: "degraded" }, told.detail) : null,
    told.note && told.helpers.length > 0 ? el("p", { class: "note" }, say("dispatch_any_service")) : null,
    told.helpers.length === 0 ? el("p", {}, say("dispatch_no_helper")) : el("ol", { class: "helpers" }, told.helpers.map((helper, i) => row(helper, i, onSend, onShow))),
    asideSection(told),
  ];
}

function row(helper, number, onSend, onShow) {
  return el("li", { class: "helper" },
    el("button", { type: "button", class: "helper-main", onclick: () => onShow(helper) }, el("span", { class: "helper-number", "aria-hidden": "true" }, String(number + 1)),
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, helper.name), el("span", { class: "note" }, kindOf(helper)), reasons(helper))),
    el("span", { class: "helper-side" }, el("strong", {}, minutesText(helper.minutes)), onSend ? el("button", { type: "button", class: "plain", onclick: () => onSend(helper) }, say("dispatch_send")) : null));
}

/** Those who offer what is needed come one by one, the others together: at night they would hide them. */
function asideSection(told) {
  if (told.number_set_aside === 0) return null;
  const isUnfit = (helper) => helper.reason.key === "helper_unfit";
  const unfit = told.set_aside.filter(isUnfit);
  const row = (helper) => el("li", {}, el("span", {}, helper.name), " ", el("span", { class: "note" }, `${minutesText(helper.minutes)} · ${helper.reason.text}`));
  return el("details", { class: "aside", open: told.helpers.length === 0 }, el("summary", {}, say("dispatch_set_aside", { n: told.number_set_aside })),
    el("ul", {}, told.set_aside.filter((helper) => !isUnfit(helper)).map(row)),
    unfit.length > 0 ? el("p", { class: "note unfit" }, say("dispatch_unfit", { why: unfit[0].reason.text, names: unfit.map((helper) => helper.name).join(say("dispatch_list")) })) : null);
}

/** Who can be sent as choices of a form; none is a choice, too. `onChoose(helper)` is told. */
export function helperChoices(told, sent, onChoose) {
  const choice = (helper, isOn, ...words) => {
    const radio = el("input", { type: "radio", name: "helper", checked: isOn });
    radio.addEventListener("change", () => onChoose(helper));
    return el("label", { class: "helper-choice" }, radio, el("span", { class: "row-main" }, words), helper ? el("strong", {}, minutesText(helper.minutes)) : null);
  };
  const helpers = told?.helpers ?? [];
  const isOn = (helper) => helper.family === sent?.family && helper.id === sent.id;
  return el("fieldset", { class: "helper-choices" }, el("legend", {}, say("dispatch_who_goes")),
    helpers.map((helper) => choice(helper, isOn(helper), el("span", { class: "row-name" }, helper.name), el("span", { class: "note" }, kindOf(helper)))),
    choice(null, !helpers.some(isOn), el("span", {}, say("dispatch_nobody_goes"))));
}
