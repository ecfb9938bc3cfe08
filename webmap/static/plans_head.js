// Choosing a community and one of its plans, and what may be done with the plan that is open.

import { byId, el, fill } from "./dom.js";
import { count, dayOf, decimal, nameOf, say } from "./page.js";
import * as api from "./plans_api.js";
import { MEASURES, WEIGHT_CLASSES } from "./plans_colours.js";

const MOST_LISTED = 60;

/** What a plan is called in lists. */
export function planName(plan) {
  const day = plan.effective_from ?? plan.created_at;
  return [say(`redraw_state_${plan.state}`), `#${plan.id}`, day ? dayOf(day) : null, plan.note].filter(Boolean).join(" · ");
}

/** The first thing to see: how to come to a community, and what is being worked on. */
export async function drawChooser(page, signal) {
  const [drafts, proposed, communities] = await Promise.all([api.listPlans({ state: "draft" }), api.listPlans({ state: "proposed" }), api.communities()]);
  signal.throwIfAborted();
  const row = (plan) => {
    const community = communities.get(plan.community_id);
    return el("li", {}, el("button", { type: "button", class: "row", "data-plan": plan.id, onclick: () => page.trying(() => page.openCommunity(community.code, plan.id)) },
      el("span", { class: "row-main" }, el("span", { class: "row-name" }, nameOf(community)), el("span", { class: "note" }, planName(plan)))));
  };
  const listed = [...communities.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const choice = (community) => el("li", {}, el("button", { type: "button", class: "row", "data-community": community.code, onclick: () => page.trying(() => page.openCommunity(community.code)) },
    el("span", { class: "row-main" }, el("span", { class: "row-name" }, nameOf(community)), el("span", { class: "note" }, community.code))));
  const all = el("section", {}, el("h2", {}, say("redraw_communities", { n: count(listed.length) })), el("ul", { class: "rows" }, listed.slice(0, MOST_LISTED).map(choice)),
    listed.length > MOST_LISTED ? el("p", { class: "note" }, say("redraw_communities_more", { n: count(listed.length - MOST_LISTED) })) : null);
  const section = (key, plans) => (plans.length === 0 ? null : el("section", {}, el("h2", {}, say(key)), el("ul", { class: "rows" }, plans.map(row))));
  fill(byId("chooser"), el("h2", {}, say("redraw_choose")), el("p", { class: "lead" }, say("redraw_choose_words")), section("redraw_drafts", drafts), section("redraw_proposals", proposed), all);
}

export class Head {
  constructor(page) {
    this.page = page;
  }

  draw() {
    const { page } = this;
    const { draft, plans, community } = page;
    const { plan } = draft;
    const choice = el("select", { id: "plan-choice" }, plans.map((each) => el("option", { value: each.id, selected: each.id === plan.id }, planName(each))));
    choice.addEventListener("change", () => page.trying(() => page.openPlan(Number(choice.value))));
    const had = document.activeElement?.id;
    fill(byId("plan-head"),
      el("div", { class: "head-line" }, el("h1", {}, nameOf(community)), el("span", { class: `state ${plan.state}` }, say(`redraw_state_${plan.state}`)), el("span", { id: "saving", class: "saving", hidden: true }, say("redraw_saving")),
        el("button", { type: "button", class: "link", id: "leave", onclick: () => page.trying(() => page.leave()) }, say("redraw_other_community"))),
      el("label", { class: "hidden", for: "plan-choice" }, say("redraw_plan")), choice,
      this.figures(), el("p", { class: "button-row" }, this.buttons(plan)));
    if (had === "plan-choice") byId(had).focus();
    this.key();
  }

  figures() {
    const { balance, grids, problems } = this.page.draft;
    if (!balance) return el("p", { class: "note" }, say("redraw_not_on_units"));
    const grave = (severity) => problems.filter((problem) => problem.severity === severity).length;
    const cell = (key, value, look = "") => el("div", { class: look }, el("dt", {}, say(key)), el("dd", {}, value));
    return el("dl", { class: "head-figures" }, cell("redraw_grids", count(grids.size)), cell("redraw_error", count(grave("error")), grave("error") > 0 ? "error" : ""),
      cell("redraw_warning", count(grave("warning")), grave("warning") > 0 ? "warning" : ""), cell("redraw_ratio", balance.largest_to_smallest === null ? "–" : decimal(balance.largest_to_smallest, 1)), cell("redraw_gini", balance.gini === null ? "–" : decimal(balance.gini, 2)));
  }

  buttons(plan) {
    const { page } = this;
    const button = (key, act, look = "plain") => el("button", { type: "button", class: look, id: key.replace("redraw_", "do-"), onclick: () => page.trying(act) }, say(key));
    const isDraft = plan.state === "draft";
    const isProposed = plan.state === "proposed";
    const open = isDraft || isProposed;
    return [
      isDraft ? button("redraw_propose", () => page.propose(), "primary") : null,
      open && page.mayPublish ? button("redraw_publish", () => page.publish(), isProposed ? "primary" : "plain") : null,
      isProposed ? button("redraw_redraft", () => page.redraft()) : null,
      isDraft ? button("redraw_renumber", () => page.editor.commit({ op: "renumber" })) : null,
      open ? button("redraw_withdraw", () => page.withdraw()) : button("redraw_begin", () => page.dialog.begin((note) => page.begin(note)), "primary"),
    ];
  }

  /** Which measure colours the grids, and what the colours mean. */
  key() {
    const { layer, draft } = this.page;
    (this.page.panel.isSheet ? byId("view-grids") : byId("map-side")).append(byId("measure-key"));
    const had = document.activeElement?.name === "measure";
    const chips = MEASURES.map((measure) => {
      const input = el("input", { type: "radio", name: "measure", value: measure, checked: measure === layer.measure });
      input.addEventListener("change", () => this.page.measure(measure));
      return el("label", { class: "chip" }, input, el("span", {}, say(`redraw_measure_${measure}`)));
    });
    const bounds = WEIGHT_CLASSES.map(({ from }) => (from === 0 ? "" : `${Math.round(from * 100)}%`));
    const key = (look, words) => el("li", {}, el("span", { class: `swatch ${look}`, "aria-hidden": "true" }), words);
    fill(byId("measure-key"),
      el("fieldset", { class: "choices", disabled: draft.balance === null }, el("legend", { class: "hidden" }, say("redraw_coloured_by")), el("div", { class: "chip-row" }, chips, el("span", { class: "note" }, say("redraw_key_words")))),
      el("ul", { class: "weights" }, WEIGHT_CLASSES.map((_, i) => el("li", { class: `weight-${i}` }, el("span", {}, bounds[i])))),
      el("ul", { class: "key-row" }, ["error", "warning"].map((severity) => key(`hatched ${severity}`, say(`redraw_${severity}`))), key("special", say("redraw_kind_special"))));
    if (had) byId("measure-key").querySelector("input:checked").focus();
  }
}
