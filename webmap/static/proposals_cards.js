// Cards of proposed plans: the list, one plan, one grid with what is said of it. Text from people only as text.

import { el } from "./dom.js";
import { count, dayOf, momentOf, say } from "./page.js";
import { placeName } from "./proposals_plan.js";

/** Whether a plan can be commented on, and until when. */
function standing(proposal) {
  const when = momentOf(proposal.comments_until);
  if (proposal.is_open) return el("span", { class: "pill open" }, say("laid_state_open", { when }));
  return el("span", { class: "pill" }, say(`laid_state_${proposal.state === "proposed" ? "closed" : proposal.state}`, { when }));
}

/** All plans that are proposed now; `onChoose(id)` opens one. */
export function listCard(plans, onChoose) {
  const row = (plan, i) => el("li", {}, el("button", { type: "button", class: "row", "data-plan": plan.id, onclick: () => onChoose(plan.id) },
    el("span", { class: "sign-number" }, String(i + 1)),
    el("span", { class: "row-main" }, el("span", { class: "row-name" }, placeName(plan)), plan.note ? el("span", { class: "note" }, plan.note) : null, standing(plan),
      el("span", { class: "note" }, say("laid_comments_n", { n: count(plan.comments) })))));
  return [
    el("h2", {}, say("laid_list")),
    el("p", { class: "lead" }, say("laid_list_words")),
    plans.length === 0 ? el("p", { class: "note later" }, say("laid_none")) : el("ul", { class: "rows laid-plans" }, plans.map(row)),
  ];
}

function gridRows(plan, key, grids, onGrid) {
  if (grids.length === 0) return null;
  const row = (grid) => el("li", {}, el("button", { type: "button", class: `row change-${grid.change}`, "data-grid": grid.grid_id, onclick: () => onGrid(grid.grid_id) },
    el("span", { class: "row-main" }, el("span", { class: "row-name" }, plan.shortName(grid.grid_id)), el("span", { class: "note" }, say(`laid_change_${grid.change}`))),
    grid.comments > 0 ? el("span", { class: "row-figure" }, say("laid_comments_n", { n: count(grid.comments) })) : null));
  return el("section", {}, el("h3", {}, say(key)), el("ul", { class: "rows" }, grids.map(row)));
}

function goneRows(plan) {
  if (plan.gone.length === 0) return null;
  const row = (grid) => el("li", { class: "gone" }, el("span", { class: "row-name" }, plan.shortName(grid.grid_id)), plan.lossesOf(grid.grid_id).map((words) => el("span", { class: "note block" }, words)));
  return el("section", {}, el("h3", {}, say("laid_dissolved")), el("ul", { class: "rows" }, plan.gone.map(row)));
}

/** One plan; `onGrid(id)` opens a grid's card. */
export function planCard(plan, onGrid) {
  const { proposal } = plan;
  const grids = [...plan.grids.values()];
  const changed = grids.filter((grid) => grid.change === "changed" || grid.change === "new").length;
  const counts = { before: count(plan.old.size), after: count(grids.length), changed: count(changed) };
  return [
    el("p", { class: "eyebrow" }, standing(proposal)),
    el("h2", {}, placeName(proposal)),
    proposal.note ? el("p", { class: "lead" }, proposal.note) : null,
    el("p", { class: "summary" }, plan.old.size > 0 ? say("laid_summary", counts) : say("laid_summary_first", counts)),
    gridRows(plan, "laid_changing", grids.filter((grid) => grid.change !== "kept"), onGrid),
    goneRows(plan),
    gridRows(plan, "laid_staying", grids.filter((grid) => grid.change === "kept"), onGrid),
  ];
}

function commentItem(comment, about) {
  return el("li", { class: "said", "data-comment": comment.id },
    el("p", { class: "note" }, about, dayOf(comment.made_at)),
    el("blockquote", {}, comment.text),
    comment.answer ? el("p", { class: "answer" }, el("strong", {}, say("laid_answer")), " ", comment.answer) : null);
}

/** One grid as it is proposed; `form` is where one may comment, or none. */
export function gridCard(plan, gridId, form) {
  const grid = plan.grids.get(gridId);
  const residents = plan.old.get(gridId)?.residents ?? null;
  const said = plan.commentsOn(gridId);
  return [
    el("p", { class: "eyebrow" }, say(`grid_${grid.kind}`), el("span", { class: `pill change-${grid.change}` }, say(`laid_change_${grid.change}`))),
    el("h2", {}, grid.name),
    el("p", { class: "code" }, grid.code),
    residents === null ? null : el("p", { class: "note" }, say("laid_residents", { n: count(residents) })),
    el("h3", {}, say("laid_what")),
    el("ul", { class: "laid-changes" }, plan.changesOf(gridId).map((words) => el("li", {}, words))),
    el("h3", {}, say("laid_said")),
    said.length === 0 ? el("p", { class: "note" }, say("laid_nobody")) : el("ul", {}, said.map((comment) => commentItem(comment, null))),
    form ?? el("p", { class: "note later" }, standing(plan.proposal)),
  ];
}

/** All that is said of a plan; `onGrid(id)` opens the card of the grid that it is about. */
export function talkList(plan, onGrid) {
  const about = ({ grid_id: id }) => [el("button", { type: "button", class: "link", onclick: () => onGrid(id) }, plan.shortName(id)), " · "];
  return [
    el("h2", {}, say("laid_said_all")),
    plan.comments.length === 0 ? el("p", { class: "note" }, say("laid_nobody")) : el("ul", {}, plan.comments.map((comment) => commentItem(comment, about(comment)))),
  ];
}
