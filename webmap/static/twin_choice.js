// What is compared: a community, and two of its plans or two days.

import { byId, el, fill } from "./dom.js";
import { nameOf, say } from "./page.js";
import { planName } from "./plans_head.js";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address asks for; parts that make no sense are left out. */
export function asked(params) {
  const plan = (name) => (/^\d{1,15}$/.test(params.get(name) ?? "") ? Number(params.get(name)) : null);
  const day = (name) => (DAY.test(params.get(name) ?? "") ? params.get(name) : null);
  const found = { community: params.get("community"), a: plan("a"), b: plan("b"), from: day("from"), to: day("to") };
  return { ...found, by: found.from || found.to ? "days" : "plans" };
}

export class Choice {
  /** `onChange(isOther)` is called when something else is chosen; `isOther`: another community. */
  constructor(onChange) {
    Object.assign(this, { onChange, communities: [], plans: [], plansOf: undefined, wish: { community: null, by: "plans", a: null, b: null, from: null, to: null } });
    byId("choice").addEventListener("submit", (event) => event.preventDefault());
  }

  get community() {
    return this.communities.find((area) => area.code === this.wish.community) ?? null;
  }

  plan(id) {
    return this.plans.find((plan) => plan.id === id) ?? null;
  }

  /** Whether there is enough to compare. */
  get isWhole() {
    const { by, a, b, from, to } = this.wish;
    return Boolean(this.community) && (by === "plans" ? Boolean(this.plan(a) && this.plan(b)) : Boolean(from && to));
  }

  /** The plans of a community: those asked for, else the newest that is not given up and what it goes on from. */
  take(all) {
    const { wish } = this;
    const plans = all.filter((plan) => plan.is_on_units || plan.effective_from); // of others no grids are told
    Object.assign(this, { plans, plansOf: wish.community });
    const newest = plans.find((plan) => plan.state === "draft" || plan.state === "proposed") ?? plans.find((plan) => plan.state !== "withdrawn") ?? null;
    const after = this.plan(wish.b) ?? newest;
    const before = this.plan(wish.a) ?? this.plan(after?.base_plan_id) ?? plans.find((plan) => plan.id !== after?.id) ?? null;
    Object.assign(wish, { a: before?.id ?? null, b: after?.id ?? null });
  }

  /** Another reader: what there is to choose from is asked for anew. */
  forget() {
    Object.assign(this, { communities: [], plans: [], plansOf: undefined });
    fill(byId("choice"));
  }

  /** As parts of an address. */
  parts() {
    const { community, by, a, b, from, to } = this.wish;
    const told = by === "plans" ? { community, a, b } : { community, from, to };
    return Object.entries(told).filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`);
  }

  draw() {
    const { wish } = this;
    const had = document.activeElement?.closest?.("#choice") ? document.activeElement.id : null;
    const areas = this.communities.map((area) => el("option", { value: area.code, selected: area.code === wish.community }, nameOf(area)));
    const community = el("select", { id: "community" }, wish.community ? null : el("option", { value: "" }, say("twin_choose_community")), areas);
    community.addEventListener("change", () => this.change({ community: community.value || null, a: null, b: null }, true));
    const by = ["plans", "days"].map((name) => {
      const input = el("input", { type: "radio", name: "by", id: `by-${name}`, value: name, checked: wish.by === name });
      input.addEventListener("change", () => this.change({ by: name }));
      return el("label", { class: "chip" }, input, el("span", {}, say(`twin_by_${name}`)));
    });
    const [one, other] = wish.by === "plans" ? [this.planField("before", "a"), this.planField("after", "b")] : [this.dayField("before", "from"), this.dayField("after", "to")];
    const swap = el("button", { type: "button", class: "plain", id: "swap", title: say("twin_swap"), "aria-label": say("twin_swap"), onclick: () => this.change({ a: wish.b, b: wish.a, from: wish.to, to: wish.from }) }, "⇄");
    fill(byId("choice"), el("label", {}, el("span", {}, say("twin_community")), community),
      el("fieldset", { class: "choices" }, el("legend", {}, say("twin_by")), el("div", { class: "chip-row" }, by)), one, swap, other);
    if (had && byId(had)) byId(had).focus();
  }

  planField(side, name) {
    const plans = this.plans.map((plan) => el("option", { value: plan.id, selected: plan.id === this.wish[name] }, planName(plan)));
    const field = el("select", { id: `plan-${side}`, disabled: plans.length === 0 }, plans);
    field.addEventListener("change", () => this.change({ [name]: Number(field.value) }));
    return el("label", { class: "twin-side" }, el("span", {}, say(`twin_${side}`)), field);
  }

  dayField(side, name) {
    const field = el("input", { type: "date", id: `day-${side}`, min: "1901-01-01", max: "2198-12-31", value: this.wish[name] ?? "" });
    field.addEventListener("change", () => this.change({ [name]: field.value || null }));
    return el("label", { class: "twin-side" }, el("span", {}, say(`twin_${side}`)), field);
  }

  change(wish, isOther = false) {
    Object.assign(this.wish, wish);
    if (isOther) Object.assign(this, { plans: [], plansOf: undefined }); // those of the community before cannot be chosen meanwhile
    this.draw();
    this.onChange(isOther);
  }
}
